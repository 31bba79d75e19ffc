/*
 * A library to preload (LD_PRELOAD) that makes a sound disk behave badly, for paths that contain FF_PATH.
 *
 *   FF_SYNC_MS=20       every fsync and fdatasync takes that much longer
 *   FF_NO_SYNC=1        fsync and fdatasync do nothing and say that they did; any other value: only for paths that contain it
 *   FF_CONTROL=FILE     faults, armed from outside while the process runs; FILE holds a struct control
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE = 2, SYNC = 4, LINK = 8, UNLINK = 16, CLOSE = 32, MKDIR = 64 };
enum { KILL = -1 };

/* Mapped from the file FF_CONTROL; torture/faultfs.ts writes it in the same order. */
struct control {
  int32_t calls;             /* which calls count, as a sum of the numbers above */
  int32_t error;             /* the errno to fail with; KILL: the call is made and the process dies */
  _Atomic int32_t countdown; /* the call that takes it from 1 to 0 is hit */
  _Atomic int32_t fired;     /* how many were hit */
  int32_t forever;           /* 1: all calls after that one too */
};

static struct control *control;
static const char *watched, *dropped;
static useconds_t sync_delay;

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("FF_CONTROL"), *delay = getenv("FF_SYNC_MS");
  watched = getenv("FF_PATH");
  dropped = getenv("FF_NO_SYNC");
  if (delay) sync_delay = (useconds_t)atoi(delay) * 1000;
  if (!file) return;
  int fd = open(file, O_RDWR | O_CLOEXEC);
  void *map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) {
    perror("faultfs: FF_CONTROL");
    abort();
  }
  control = map;
}

static int is_watched(const char *path) { return watched && strstr(path, watched); }

/* 0: leave the call alone; an errno: fail with it; KILL: make it and die. */
static int fault(int call, const char *path) {
  if (!control || !(control->calls & call) || !is_watched(path)) return 0;
  int left = atomic_fetch_sub(&control->countdown, 1);
  if (left > 1 || (left < 1 && !control->forever)) return 0;
  atomic_fetch_add(&control->fired, 1);
  return control->error;
}

static const char *path_of(int fd, char *buffer) {
  char link_name[64];
  snprintf(link_name, sizeof link_name, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link_name, buffer, PATH_MAX - 1);
  buffer[length < 0 ? 0 : length] = 0;
  return buffer;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Makes the call `real` unless it is to fail. */
#define MAKE(kind, path, real)              \
  do {                                      \
    int how = fault(kind, path);            \
    if (how > 0) {                          \
      errno = how;                          \
      return -1;                            \
    }                                       \
    __typeof__(real) result = (real);       \
    if (how == KILL) kill(getpid(), SIGKILL); \
    return result;                          \
  } while (0)
#define MAKE_ON_FD(kind, fd, real)          \
  do {                                      \
    char buffer[PATH_MAX];                  \
    int saved = errno;                      \
    const char *path = path_of(fd, buffer); \
    errno = saved;                          \
    MAKE(kind, path, real);                 \
  } while (0)

#define MODE_OF(flags)                                                \
  mode_t mode = 0;                                                    \
  if ((flags) & (O_CREAT | __O_TMPFILE)) {                            \
    va_list more;                                                     \
    va_start(more, flags);                                            \
    mode = va_arg(more, mode_t);                                      \
    va_end(more);                                                     \
  }

int open(const char *path, int flags, ...) {
  MODE_OF(flags)
  MAKE(OPEN, path, REAL(open)(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
  MODE_OF(flags)
  MAKE(OPEN, path, REAL(open64)(path, flags, mode));
}

ssize_t write(int fd, const void *data, size_t size) { MAKE_ON_FD(WRITE, fd, REAL(write)(fd, data, size)); }
ssize_t writev(int fd, const struct iovec *parts, int count) {
  MAKE_ON_FD(WRITE, fd, REAL(writev)(fd, parts, count));
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  MAKE_ON_FD(WRITE, fd, REAL(pwrite)(fd, data, size, at));
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  MAKE_ON_FD(WRITE, fd, REAL(pwrite64)(fd, data, size, at));
}

#define SYNC_CALL(name)                                                            \
  int name(int fd) {                                                               \
    char buffer[PATH_MAX];                                                         \
    const char *path = path_of(fd, buffer);                                        \
    if (is_watched(path)) {                                                        \
      if (sync_delay) usleep(sync_delay);                                          \
      if (dropped && (!strcmp(dropped, "1") || strstr(path, dropped))) return 0;   \
    }                                                                              \
    MAKE(SYNC, path, REAL(name)(fd));                                              \
  }
SYNC_CALL(fsync)
SYNC_CALL(fdatasync)

int link(const char *from, const char *to) { MAKE(LINK, to, REAL(link)(from, to)); }
int rename(const char *from, const char *to) { MAKE(LINK, to, REAL(rename)(from, to)); }
int unlink(const char *path) { MAKE(UNLINK, path, REAL(unlink)(path)); }
int mkdir(const char *path, mode_t mode) { MAKE(MKDIR, path, REAL(mkdir)(path, mode)); }

/* A close that fails has closed all the same, as on Linux. */
int close(int fd) {
  char buffer[PATH_MAX];
  int how = fault(CLOSE, control ? path_of(fd, buffer) : "");
  int result = REAL(close)(fd);
  if (how == KILL) kill(getpid(), SIGKILL);
  if (how <= 0) return result;
  errno = how;
  return -1;
}

/* libuv closes files this way. */
long syscall(long number, ...) {
  long a[6];
  va_list more;
  va_start(more, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(more, long);
  va_end(more);
  if (number == SYS_close) return close((int)a[0]);
  return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
