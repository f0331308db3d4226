/* The entry points that libFuzzer calls; FUZZ_TARGET: the target's name. */
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/targets.h"

#define JOIN_AGAIN(a, b) a##b
#define JOIN(a, b) JOIN_AGAIN(a, b)
#define NAME_AGAIN(name) #name
#define NAME(name) NAME_AGAIN(name)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    JOIN(fuzz_, FUZZ_TARGET)(data, size);
    return 0;
}

/* Every second change is one of structure. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    MutateFn *mutate = mutate_of(NAME(FUZZ_TARGET));
    size_t made = mutate && seed % 2 ? mutate(data, size, most, seed) : 0;
    return made ? made : LLVMFuzzerMutate(data, size, most);
}
