/* Every op of nn/ops.h against its oracle and, in the double build, against central differences. */
#include "tests/check.h"
#include "tests/oracle/cases.h"

Test(ops, layers_equal_their_oracles) {
    check_oracles(LAYER_OPS, N_LAYER_OPS);
}
Test(ops, moves_equal_their_oracles) {
    check_oracles(MOVE_OPS, N_MOVE_OPS);
}
Test(ops, layers_are_the_same_plain_and_fast) {
    check_fast(LAYER_OPS, N_LAYER_OPS);
}
Test(ops, moves_are_the_same_plain_and_fast) {
    check_fast(MOVE_OPS, N_MOVE_OPS);
}
Test(ops, layers_give_the_same_bits_at_any_threads_batch_and_wanted_gradients) {
    check_invariance(LAYER_OPS, N_LAYER_OPS);
}
Test(ops, moves_give_the_same_bits_at_any_threads_batch_and_wanted_gradients) {
    check_invariance(MOVE_OPS, N_MOVE_OPS);
}

Test(gradients, of_layers_equal_those_of_their_oracles_along_random_directions) {
    check_directions(LAYER_OPS, N_LAYER_OPS);
}
Test(gradients, of_moves_equal_those_of_their_oracles_along_random_directions) {
    check_directions(MOVE_OPS, N_MOVE_OPS);
}
Test(gradients, of_losses_equal_those_of_their_oracles_along_random_directions) {
    check_directions(LOSS_OPS, N_LOSS_OPS);
}

#ifdef NN_DOUBLE
Test(gradients, of_layers_equal_central_differences) {
    check_gradients(LAYER_OPS, N_LAYER_OPS);
}
Test(gradients, of_moves_equal_central_differences) {
    check_gradients(MOVE_OPS, N_MOVE_OPS);
}
Test(gradients, show_an_error_of_a_tenth_of_a_percent_planted_in_any_layer) {
    check_drill(LAYER_OPS, N_LAYER_OPS);
}
Test(gradients, show_an_error_of_a_tenth_of_a_percent_planted_in_any_move) {
    check_drill(MOVE_OPS, N_MOVE_OPS);
}
#endif
