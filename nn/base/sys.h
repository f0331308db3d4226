/* The only system calls on files, so that tests can make the n-th call fail. Each behaves as the POSIX call of its name, except that
 * sys_open retries on EINTR and sets close-on-exec. Callers of sys_write, sys_pwrite, sys_pread and sys_fsync retry on EINTR and
 * short counts. A sys_close that fails with EINTR has closed the file. */
#ifndef NN_BASE_SYS_H
#define NN_BASE_SYS_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

int sys_open(const char *path, int flags, mode_t mode);
FILE *sys_fopen(const char *path); /* for reading; fclose */
ssize_t sys_write(int fd, const void *data, size_t size);
ssize_t sys_pwrite(int fd, const void *data, size_t size, off_t offset);
ssize_t sys_pread(int fd, void *data, size_t size, off_t offset);
int sys_fsync(int fd);
int sys_close(int fd);
int sys_rename(const char *from, const char *to);
void *sys_mmap(void *at, size_t size, int protection, int flags, int fd,
               off_t offset); /* MAP_FAILED on error */

/* For tests: the n-th call from now on fails with errno `code` (n 0: none). With for_good all later calls fail too; EINTR then hits every
 * other call, since a retry would otherwise never end. code 0 makes the n-th write or pread a short one. code SYS_KILL kills the
 * process (SIGKILL) instead of the call. */
enum { SYS_KILL = -1 };
void sys_fail_at(long n, int code, int for_good);
long sys_fail_left(void); /* calls until the next one fails; 0: none will */

#endif
