/* Deliberate faults for tests: mem_fail_at and sys_fail_at select the request or call that fails, in the whole process. The installed
 * library is built without them. */
#ifndef NN_BASE_FAULTS_H
#define NN_BASE_FAULTS_H

#include <stdbool.h>

#include "nn/base/alloc.h"
#include "nn/base/parts.h"
#include "nn/base/sys.h"

/* Whether this request for memory fails; errno is set. */
bool mem_fault(void);
/* -1: this call fails; errno is set. 1: it is short. 0: no fault. */
int sys_fault(void);

#endif
