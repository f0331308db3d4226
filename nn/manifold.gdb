# Stops in the manifold term, prints a 4 x 4 block of H_m H_n'/q and of its target G, and steps through the backward pass:
#     gdb -x nn/manifold.gdb --args build/debug/msach train --threads 1 --data build/demo/phantom/manifest.tsv --out /tmp/run
set pagination off
set width 0
break loss_manifold
run
# The loop of the term is done where its value goes on the tape: d (b,b) is then H_m H_n'/q - G.
advance tape_scalar
up
printf "b = %d cases, q = %d bits\n", b, q
printf "H_m H_n'/q of cases 0 to 3:\n"
set $i = 0
while $i < 4
  printf "%9.5f %9.5f %9.5f %9.5f\n", (double)(d[$i*b]+target[$i*b]), (double)(d[$i*b+1]+target[$i*b+1]), (double)(d[$i*b+2]+target[$i*b+2]), (double)(d[$i*b+3]+target[$i*b+3])
  set $i = $i + 1
end
printf "G of the same:\n"
set $i = 0
while $i < 4
  printf "%9.5f %9.5f %9.5f %9.5f\n", (double)target[$i*b], (double)target[$i*b+1], (double)target[$i*b+2], (double)target[$i*b+3]
  set $i = $i + 1
end
# Backward: stop before dL/dH_m = 2/(b^2 q) D H_n, and behind it.
delete
break manifold_backward
continue
break blas_gemm
continue
up
printf "factor %.8f; dL/dH_m of case 0 before: %.8f %.8f %.8f %.8f\n", (double)up, (double)g_m[0], (double)g_m[1], (double)g_m[2], (double)g_m[3]
down
finish
printf "dL/dH_m of case 0 after: %.8f %.8f %.8f %.8f\n", (double)g_m[0], (double)g_m[1], (double)g_m[2], (double)g_m[3]
