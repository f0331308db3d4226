/* Every term of the losses against its oracle and, in the double build, against central differences. */
#include "tests/check.h"
#include "tests/oracle/cases.h"

Test(losses, equal_their_oracles) {
    check_oracles(LOSS_OPS, N_LOSS_OPS);
}
Test(losses, give_the_same_bits_at_any_threads_and_wanted_gradients) {
    check_invariance(LOSS_OPS, N_LOSS_OPS);
}

#ifdef NN_DOUBLE
Test(gradients, of_losses_equal_central_differences) {
    check_gradients(LOSS_OPS, N_LOSS_OPS);
}
Test(gradients, show_an_error_of_a_tenth_of_a_percent_planted_in_any_loss) {
    check_drill(LOSS_OPS, N_LOSS_OPS);
}
#endif
