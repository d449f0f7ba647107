/* Starting programs under Wine, and what they say. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "e2e_internal.h"
#include "family.h"

enum { HOLD_SECONDS = 60 };

/* What takes 20 seconds alone takes minutes beside three other suites.
   E2E_SECONDS: longer, for a test that is given more to do. */
static int run_seconds(void)
{
    const char *given = getenv("E2E_SECONDS");
    return given != NULL ? atoi(given) : 400;
}

static pid_t holder;
static pid_t begun;
static const char *begun_command;
static const char *stdout_path; /* NULL: a fresh file for each run */

char *e2e_slurp(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL || getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    if (file != NULL)
        fclose(file);
    return text;
}

static const char *tool(const char *variable)
{
    const char *path = getenv(variable);
    if (path == NULL)
        e2e_broken(e2e_text("%s is not set", variable));
    return path;
}

static void redirect(int descriptor, const char *path, int flags)
{
    int file = open(path, flags, 0644);
    if (file < 0 || dup2(file, descriptor) < 0)
        _exit(126);
}

/* To files, never to a pipe: a Wine process that stays in the background
   would hold the pipe open. */
pid_t e2e_spawn(const char *const *words, const char *out, const char *err)
{
    pid_t process = fork();
    if (process < 0)
        e2e_broken("fork");
    if (process != 0)
        return process;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that takes too long is killed */
    redirect(0, "/dev/null", O_RDONLY);
    redirect(1, out, O_WRONLY | O_CREAT | O_TRUNC);
    redirect(2, err, O_WRONLY | O_CREAT | O_TRUNC);
    /* Wine takes arguments in the locale's encoding. */
    setenv("LC_ALL", "C.UTF-8", 1);
    execv(words[0], (char *const *)(uintptr_t)words);
    _exit(127);
}

static void pause_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

int e2e_wait(pid_t process, int seconds)
{
    int status = 0;
    for (long waited = 0; waited < seconds * 1000L; waited += 2) {
        if (waitpid(process, &status, WNOHANG) == process)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        pause_ms(2);
    }
    kill(process, SIGKILL);
    waitpid(process, &status, 0);
    return -1;
}

static unsigned count_lines(const char *log, const char *head, const char *tail)
{
    unsigned count = 0;
    for (const char *at = log; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        size_t end = strlen(tail);
        if (strncmp(at, head, strlen(head)) == 0 && length >= end &&
            strncmp(at + length - end, tail, end) == 0)
            count++;
        at += length + (at[length] == '\n');
    }
    return count;
}

static const char *bridge_settings(void)
{
    static const char *const names[] = {
        "REFLINK_BRIDGE_PROFILE",  "REFLINK_BRIDGE_LIE",
        "REFLINK_BRIDGE_FAIL",     "REFLINK_BRIDGE_SATURATED",
        "REFLINK_BRIDGE_POINTERS", "REFLINK_BRIDGE_TWINS",
        "REFLINK_BRIDGE_KILL",     "REFLINK_BRIDGE_NTFS_RULES",
        "REFLINK_BRIDGE_GARBLE"};
    const char *text = "";
    for (size_t i = 0; i < ROWS(names); i++) {
        if (getenv(names[i]) != NULL)
            text = e2e_text("%s%s=%s ", text, names[i], getenv(names[i]));
    }
    return text;
}

static const char *describe(const char *const *arguments)
{
    const char *text =
        e2e_bridged() ? e2e_text("%slaunch.exe ", bridge_settings()) : "";
    text = e2e_text("%sreflink.exe", text);
    for (; *arguments != NULL; arguments++)
        text = e2e_text("%s '%s'", text, *arguments);
    return text;
}

static void read_result(struct result *result, const char *out, const char *err,
                        const char *log)
{
    result->out = e2e_slurp(out);
    result->err = e2e_slurp(err);
    result->log = e2e_slurp(log);
    result->requests = count_lines(result->log, "DUP", "");
    result->granted = count_lines(result->log, "DUP", "status=00000000");
}

void e2e_put_words(const char **words, const char *const *arguments)
{
    size_t count = 0;
    words[count++] = tool("E2E_WINE");
    if (e2e_bridged())
        words[count++] = tool("E2E_LAUNCH");
    words[count++] = tool("E2E_REFLINK");
    for (size_t i = 0; arguments[i] != NULL; i++) {
        cr_assert(count + 1 < E2E_MOST_WORDS);
        words[count++] = arguments[i];
    }
    words[count] = NULL;
}

struct result *e2e_run(const char *const *arguments)
{
    static unsigned number;
    const char *words[E2E_MOST_WORDS];
    struct result *result = calloc(1, sizeof *result);
    if (result == NULL)
        e2e_broken("calloc");
    e2e_put_words(words, arguments);
    result->command = describe(arguments);
    const char *base = e2e_text("%s/%u", e2e_desk(), ++number);
    const char *out =
        stdout_path != NULL ? stdout_path : e2e_text("%s.out", base);
    const char *err = e2e_text("%s.err", base);
    const char *log = e2e_text("%s.log", base);
    e2e_set("REFLINK_BRIDGE_LOG", log);
    result->exit_code = e2e_wait(e2e_spawn(words, out, err), run_seconds());
    read_result(result, out, err, log);
    EXPECT(result, strchr(result->out, '\r') == NULL);
    EXPECT(result, strchr(result->err, '\r') == NULL);
    return result;
}

/* Where odd.exe is told what to start, a program is named as Windows does. */
void e2e_through_odd(void)
{
    const char *through = e2e_text("\"Z:%s\"", tool("E2E_REFLINK"));
    if (e2e_bridged())
        through = e2e_text("\"Z:%s\" %s", tool("E2E_LAUNCH"), through);
    e2e_set("E2E_THROUGH", through);
    e2e_set("E2E_REFLINK", tool("E2E_ODD"));
    e2e_bridge(false);
}

void e2e_stdout(const char *path)
{
    stdout_path = path;
}

void e2e_begin(const char *const *arguments)
{
    const char *words[E2E_MOST_WORDS];
    begun_command = describe(arguments);
    e2e_put_words(words, arguments);
    e2e_set("REFLINK_BRIDGE_LOG", e2e_text("%s/begun.log", e2e_desk()));
    begun = e2e_spawn(words, e2e_text("%s/begun.out", e2e_desk()),
                      e2e_text("%s/begun.err", e2e_desk()));
}

void e2e_signal(int number)
{
    kill(begun, number);
}

/* The line goes when the process is over. */
static long peak_now(void)
{
    const char *status = e2e_text("/proc/%d/status", (int)begun);
    char *text = e2e_slurp(status);
    const char *line = strstr(text, "VmHWM:");
    long kib = line != NULL ? strtol(line + strlen("VmHWM:"), NULL, 10) : 0;
    free(text);
    return kib;
}

long e2e_peak_kib(void)
{
    long peak = 0;
    for (long now = 1; now != 0; now = peak_now()) {
        peak = now > peak ? now : peak;
        pause_ms(2);
    }
    return peak;
}

struct result *e2e_finish(void)
{
    struct result *result = calloc(1, sizeof *result);
    if (result == NULL)
        e2e_broken("calloc");
    result->command = begun_command;
    result->exit_code = e2e_wait(begun, run_seconds());
    read_result(result, e2e_text("%s/begun.out", e2e_desk()),
                e2e_text("%s/begun.err", e2e_desk()),
                e2e_text("%s/begun.log", e2e_desk()));
    return result;
}

/*
 * All that was begun is killed: the launcher, the program, and the process that
 * is to become the program and is not known to Wine's server yet, which no job
 * object ends. When the server has noticed, it closes their handles, and
 * deletes what was to be deleted with them.
 */
int e2e_kill(unsigned microseconds)
{
    int status = 0;
    struct timespec time = {microseconds / 1000000,
                            microseconds % 1000000 * 1000L};
    nanosleep(&time, NULL);
    kill(begun, SIGKILL);
    waitpid(begun, &status, 0);
    family_end(holder);
    for (int i = 0; i < 100 && strstr(e2e_files(), "~reflink-") != NULL; i++)
        pause_ms(10);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

const char *e2e_await_copying(void)
{
    for (long waited = 0; waited < HOLD_SECONDS * 1000; waited++) {
        const char *name = e2e_newest_temporary();
        if (name != NULL)
            return name;
        pause_ms(1);
    }
    e2e_broken("no copy has begun");
}

void e2e_hold(const char *name, const char *access, const char *share)
{
    const char *out = e2e_text("%s/hold.out", e2e_desk());
    const char *sign = e2e_text("%s/hold.end", e2e_desk());
    const char *const words[] = {tool("E2E_WINE"),
                                 tool("E2E_HOLD"),
                                 name,
                                 access,
                                 share,
                                 e2e_text("Z:%s", sign),
                                 NULL};
    unlink(out);
    unlink(sign);
    holder = e2e_spawn(words, out, "/dev/null");
    for (long waited = 0; waited < HOLD_SECONDS * 1000; waited += 5) {
        if (e2e_has(e2e_slurp(out), "held"))
            return;
        pause_ms(5);
    }
    e2e_broken(e2e_text("'%s' cannot be held open", name));
}

void e2e_release(void)
{
    if (holder == 0)
        return;
    e2e_write(e2e_text("%s/hold.end", e2e_desk()), "");
    e2e_wait(holder, HOLD_SECONDS);
    holder = 0;
}

bool e2e_like(const char *text, const char *pattern)
{
    return fnmatch(pattern, text, FNM_NOESCAPE) == 0;
}

bool e2e_is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

bool e2e_has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

/* Criterion hangs on a message that is too long for a pipe, and nobody reads
   so much: its beginning is the message, all of it is in a file. */
static const char *shorten(const char *text)
{
    enum { MOST_SHOWN = 4000 };
    static unsigned number;
    const char *folder = getenv("E2E_FAILURES");
    if (strlen(text) <= MOST_SHOWN)
        return text;
    if (folder == NULL)
        return e2e_text("%.*s\n... (cut here; set E2E_FAILURES to a folder to "
                        "have all of it)",
                        MOST_SHOWN, text);
    const char *path =
        e2e_text("%s/%d-%u.txt", folder, (int)getpid(), ++number);
    e2e_write(path, text);
    return e2e_text("%.*s\n... (cut here; all of it is in %s)", MOST_SHOWN,
                    text, path);
}

const char *e2e_story(struct result *result, const char *what)
{
    if (result->told)
        return shorten(e2e_text("expected: %s", what));
    result->told = true;
    return shorten(e2e_text("expected: %s\n"
                            "on volume %s: %s\n"
                            "exit code: %d\n"
                            "stderr: %s\n"
                            "stdout: %s\n"
                            "in the folder: %s\n"
                            "asked of the bridge:\n%s",
                            what, e2e_volume_name(e2e_volume()),
                            result->command, result->exit_code, result->err,
                            result->out, e2e_files(), result->log));
}
