/* Makes the n-th call of a kind fail, in this process and those it forks.
 *
 * Preloaded (LD_PRELOAD) before the C library. Nothing fails until `failing_arm`. Calls on files
 * count where the file lies below a folder given to `failing_folder`, or is a memfd; so neither
 * imports nor pipes count. The counter lies in shared memory: calls of all processes count as one
 * series.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, READ = 2, ALLOCATE = 4, RENAME = 8, SYNC = 16, OPEN = 32, UNLINK = 64, LOCK = 128 };
enum { ONCE = 1, SHORT = 2, LONGEST = 512, MOST_FOLDERS = 4, LARGE = 65536 };

struct state {
    int armed, kinds, error, how, n_folders;
    long nth, calls, hits;
    char folders[MOST_FOLDERS][LONGEST];
};

static struct state *state;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (state == MAP_FAILED) state = NULL;
}

int failing_folder(const char *path) {
    if (state->n_folders == MOST_FOLDERS || strlen(path) >= LONGEST) return -1;
    strcpy(state->folders[state->n_folders++], path);
    return 0;
}

void failing_arm(int kinds, long nth, int error, int how) {
    state->kinds = kinds;
    state->nth = nth;
    state->error = error;
    state->how = how;
    state->calls = state->hits = 0;
    state->armed = 1;
}

void failing_disarm(void) { state->armed = state->n_folders = 0; }
long failing_calls(void) { return state->calls; }
long failing_hits(void) { return state->hits; }

static int is_watched(int kind) { return state && state->armed && (state->kinds & kind); }

static int below(const char *path) {
    for (int k = 0; k < state->n_folders; k++) {
        size_t n = strlen(state->folders[k]);
        if (strncmp(path, state->folders[k], n) == 0 && (path[n] == '/' || path[n] == 0)) return 1;
    }
    return 0;
}

static int link_of(int fd, char *path) {
    char name[64];
    snprintf(name, sizeof name, fd == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", fd);
    ssize_t n = readlink(name, path, PATH_MAX - 1);
    path[n > 0 ? n : 0] = 0;
    return n > 0;
}

static int counts_fd(int fd) {
    char path[PATH_MAX];
    int before = errno;
    int found = link_of(fd, path) && (below(path) || strncmp(path, "/memfd:", 7) == 0);
    errno = before;
    return found;
}

static int counts_path(int folder, const char *name) {
    char path[2 * PATH_MAX];
    int before = errno;
    path[0] = 0;
    if (name[0] != '/' && link_of(folder, path)) strcat(path, "/");
    strncat(path, name, PATH_MAX - 1);
    errno = before;
    return below(path);
}

/* Count a call; tell whether it is one that is to go wrong. */
static int is_hit(void) {
    long k = __atomic_add_fetch(&state->calls, 1, __ATOMIC_SEQ_CST);
    int hit = k == state->nth || (k > state->nth && !(state->how & ONCE));
    if (hit) __atomic_add_fetch(&state->hits, 1, __ATOMIC_SEQ_CST);
    return hit;
}

static int fails(void) {
    if (!is_hit()) return 0;
    errno = state->error;
    return 1;
}

/* For reading and writing: fail, or let fewer bytes pass. */
static int fails_or_cuts(int fd, int kind, size_t *size) {
    if (!is_watched(kind) || !counts_fd(fd) || !is_hit()) return 0;
    if (state->how & SHORT) {
        if (*size > 1) *size /= 2;
        return 0;
    }
    errno = state->error;
    return 1;
}

#define CUT(kind, size) \
    if (fails_or_cuts(fd, kind, &size)) return -1

ssize_t write(int fd, const void *data, size_t size) {
    CUT(WRITE, size);
    return REAL(write)(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    CUT(WRITE, size);
    return REAL(pwrite)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    CUT(WRITE, size);
    return REAL(pwrite64)(fd, data, size, at);
}
ssize_t read(int fd, void *data, size_t size) {
    CUT(READ, size);
    return REAL(read)(fd, data, size);
}
ssize_t pread(int fd, void *data, size_t size, off_t at) {
    CUT(READ, size);
    return REAL(pread)(fd, data, size, at);
}
ssize_t pread64(int fd, void *data, size_t size, off64_t at) {
    CUT(READ, size);
    return REAL(pread64)(fd, data, size, at);
}

#define FAILS_FD(kind) (is_watched(kind) && counts_fd(fd) && fails())

ssize_t writev(int fd, const struct iovec *data, int n) {
    return FAILS_FD(WRITE) ? -1 : REAL(writev)(fd, data, n);
}
ssize_t readv(int fd, const struct iovec *data, int n) {
    return FAILS_FD(READ) ? -1 : REAL(readv)(fd, data, n);
}
int fsync(int fd) { return FAILS_FD(SYNC) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return FAILS_FD(SYNC) ? -1 : REAL(fdatasync)(fd); }
int flock(int fd, int how) { return FAILS_FD(LOCK) ? -1 : REAL(flock)(fd, how); }
int ftruncate(int fd, off_t size) { return FAILS_FD(ALLOCATE) ? -1 : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) {
    return FAILS_FD(ALLOCATE) ? -1 : REAL(ftruncate64)(fd, size);
}
int posix_fallocate(int fd, off_t at, off_t size) {
    return FAILS_FD(ALLOCATE) ? state->error : REAL(posix_fallocate)(fd, at, size);
}
int posix_fallocate64(int fd, off64_t at, off64_t size) {
    return FAILS_FD(ALLOCATE) ? state->error : REAL(posix_fallocate64)(fd, at, size);
}
int memfd_create(const char *name, unsigned flags) {
    return is_watched(ALLOCATE) && fails() ? -1 : REAL(memfd_create)(name, flags);
}

static int no_memory(size_t size) {
    if (!is_watched(ALLOCATE) || size < LARGE || !is_hit()) return 0;
    errno = ENOMEM;
    return 1;
}

static int no_mapping(size_t size, int fd) {
    return fd < 0 ? no_memory(size) : FAILS_FD(ALLOCATE);
}
void *mmap(void *at, size_t size, int access, int flags, int fd, off_t offset) {
    return no_mapping(size, fd) ? MAP_FAILED : REAL(mmap)(at, size, access, flags, fd, offset);
}
void *mmap64(void *at, size_t size, int access, int flags, int fd, off64_t offset) {
    return no_mapping(size, fd) ? MAP_FAILED : REAL(mmap64)(at, size, access, flags, fd, offset);
}

/* dlsym itself allocates, so the allocator is called by the other names that glibc gives it. */
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

void *malloc(size_t size) { return no_memory(size) ? NULL : __libc_malloc(size); }
void *calloc(size_t n, size_t size) {
    size_t total;
    int over = __builtin_mul_overflow(n, size, &total);
    return !over && no_memory(total) ? NULL : __libc_calloc(n, size);
}
void *realloc(void *data, size_t size) {
    return no_memory(size) ? NULL : __libc_realloc(data, size);
}

#define FAILS_PATH(kind, folder, path) (is_watched(kind) && counts_path(folder, path) && fails())
#define MODE \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

int open(const char *path, int flags, ...) {
    MODE
    return FAILS_PATH(OPEN, AT_FDCWD, path) ? -1 : REAL(open)(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    MODE
    return FAILS_PATH(OPEN, AT_FDCWD, path) ? -1 : REAL(open64)(path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
    MODE
    return FAILS_PATH(OPEN, folder, path) ? -1 : REAL(openat)(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
    MODE
    return FAILS_PATH(OPEN, folder, path) ? -1 : REAL(openat64)(folder, path, flags, mode);
}
int unlink(const char *path) {
    return FAILS_PATH(UNLINK, AT_FDCWD, path) ? -1 : REAL(unlink)(path);
}
int unlinkat(int folder, const char *path, int flags) {
    return FAILS_PATH(UNLINK, folder, path) ? -1 : REAL(unlinkat)(folder, path, flags);
}
int rename(const char *from, const char *to) {
    return FAILS_PATH(RENAME, AT_FDCWD, from) ? -1 : REAL(rename)(from, to);
}
int renameat(int before, const char *from, int after, const char *to) {
    return FAILS_PATH(RENAME, before, from) ? -1 : REAL(renameat)(before, from, after, to);
}
