/* console.h has the contract. */
#include "console.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "e2e_internal.h"

enum { ROWS_SHOWN = 60, COLUMNS_SHOWN = 200, AWAIT_MS = 10000, STEP_MS = 20 };

static struct {
    pid_t process;
    int terminal;
    const char *command;
    char *raw;
    size_t length;
    size_t drawn; /* of raw, on the screen */
} console;

/* --- the screen ----------------------------------------------------------- */

static struct {
    char cells[ROWS_SHOWN][COLUMNS_SHOWN][5]; /* one character in UTF-8 */
    int row;
    int column;
} screen;

static void clear_line(int from)
{
    for (int i = from; i < COLUMNS_SHOWN; i++)
        screen.cells[screen.row][i][0] = '\0';
}

static void clear_below(void)
{
    int row = screen.row;
    clear_line(screen.column);
    for (screen.row++; screen.row < ROWS_SHOWN; screen.row++)
        clear_line(0);
    screen.row = row;
}

static int limit(int value, int end)
{
    return value < 0 ? 0 : value >= end ? end - 1 : value;
}

static void move(int rows, int columns)
{
    screen.row = limit(screen.row + rows, ROWS_SHOWN);
    screen.column = limit(screen.column + columns, COLUMNS_SHOWN);
}

/* A control sequence: the final byte, and its first two numbers. */
static void control(char final, int first, int second)
{
    int count = first == 0 ? 1 : first;
    switch (final) {
    case 'A':
        move(-count, 0);
        break;
    case 'B':
        move(count, 0);
        break;
    case 'C':
        move(0, count);
        break;
    case 'D':
        move(0, -count);
        break;
    case 'H':
        screen.row = limit(first - 1, ROWS_SHOWN);
        screen.column = limit(second - 1, COLUMNS_SHOWN);
        break;
    case 'J':
        clear_below();
        break;
    case 'K':
        clear_line(screen.column);
        break;
    default: /* colours, the cursor's looks */
        break;
    }
}

/* Behind an escape; returns how many bytes it took, 0: not all has come. */
static size_t escape(const char *at, size_t length)
{
    size_t end = 1;
    int first = 0;
    int second = 0;
    if (length < 2)
        return 0;
    if (at[0] == ']') { /* the window's title, up to a bell */
        while (end < length && at[end] != '\a')
            end++;
        return end < length ? end + 1 : 0;
    }
    if (at[0] != '[')
        return 1;
    while (end < length && (at[end] < '@' || at[end] > '~'))
        end++;
    if (end == length)
        return 0;
    sscanf(at + 1, "%d;%d", &first, &second);
    if (at[1] != '?')
        control(at[end], first, second);
    return end + 1;
}

static size_t bytes_of(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

static void show(const char *at, size_t bytes)
{
    char *cell = screen.cells[screen.row][screen.column];
    memcpy(cell, at, bytes);
    cell[bytes] = '\0';
    move(0, 1);
}

/* One thing that is on its way to the screen; 0: not all of it has come. */
static size_t draw_one(const char *at, size_t length)
{
    size_t bytes = bytes_of((unsigned char)*at);
    if (*at == '\x1b') {
        size_t taken = escape(at + 1, length - 1);
        return taken != 0 ? taken + 1 : 0;
    }
    if (bytes > length)
        return 0;
    if (*at == '\r')
        screen.column = 0;
    else if (*at == '\n')
        move(1, 0);
    else if (*at == '\b')
        move(0, -1);
    else if ((unsigned char)*at >= ' ')
        show(at, bytes);
    return bytes;
}

static void draw(void)
{
    size_t taken = 1;
    while (console.drawn < console.length && taken != 0) {
        taken = draw_one(console.raw + console.drawn,
                         console.length - console.drawn);
        console.drawn += taken;
    }
}

static const char *line_of(int row)
{
    const char *text = "";
    const char *blanks = "";
    for (int i = 0; i < COLUMNS_SHOWN; i++) {
        const char *cell = screen.cells[row][i];
        if (cell[0] == '\0' || e2e_is(cell, " ")) {
            blanks = e2e_text("%s ", blanks);
        } else {
            text = e2e_text("%s%s%s", text, blanks, cell);
            blanks = "";
        }
    }
    return text;
}

const char *console_screen(void)
{
    const char *text = "";
    const char *empty = "";
    draw();
    for (int row = 0; row < ROWS_SHOWN; row++) {
        const char *line = line_of(row);
        if (*line == '\0') {
            empty = e2e_text("%s\n", empty);
        } else {
            text = e2e_text("%s%s%s\n", text, empty, line);
            empty = "";
        }
    }
    return text;
}

/* --- the program ---------------------------------------------------------- */

static _Noreturn void run_program(const char *const *words, const char *out)
{
    if (out != NULL) {
        int file = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        if (file < 0 || dup2(file, 1) < 0)
            _exit(126);
    }
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TERM", "xterm", 1);
    execv(words[0], (char *const *)(uintptr_t)words);
    _exit(127);
}

void console_begin(const char *const *arguments, unsigned columns,
                   const char *out)
{
    const char *words[E2E_MOST_WORDS];
    struct winsize size = {.ws_row = 40, .ws_col = (unsigned short)columns};
    e2e_put_words(words, arguments);
    memset(&screen, 0, sizeof screen);
    memset(&console, 0, sizeof console);
    console.command = e2e_text("on a console: %s %s ...", words[1], words[2]);
    console.process = forkpty(&console.terminal, NULL, NULL, &size);
    if (console.process < 0)
        e2e_broken("forkpty");
    if (console.process == 0)
        run_program(words, out);
}

/* Reads what is there within a moment; false at the end of it. */
static bool read_some(void)
{
    struct pollfd what = {.fd = console.terminal, .events = POLLIN};
    if (poll(&what, 1, STEP_MS) == 0)
        return true;
    char *raw = realloc(console.raw, console.length + 4097);
    if (raw == NULL)
        e2e_broken("realloc");
    console.raw = raw;
    ssize_t got = read(console.terminal, raw + console.length, 4096);
    if (got > 0)
        console.length += (size_t)got;
    raw[console.length] = '\0';
    return got > 0;
}

static long clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool has_come(const char *text)
{
    return console.raw != NULL && strstr(console.raw, text) != NULL;
}

/* A slice of time for the program, one for the console behind it: what it
   shows for a moment only is then seen. */
enum { SLICE_US = 3000 };

bool console_await(const char *text)
{
    long end = clock_ms() + AWAIT_MS;
    bool open = true;
    while (clock_ms() < end && open && !has_come(text)) {
        console_signal(SIGCONT);
        usleep(SLICE_US);
        console_signal(SIGSTOP);
        usleep(SLICE_US);
        open = read_some();
    }
    console_signal(SIGCONT);
    return has_come(text);
}

void console_type(const char *keys)
{
    size_t length = strlen(keys);
    if (write(console.terminal, keys, length) != (ssize_t)length)
        e2e_broken("typing");
}

void console_signal(int number)
{
    kill(console.process, number);
}

struct result *console_end(void)
{
    struct result *result = calloc(1, sizeof *result);
    if (result == NULL)
        e2e_broken("calloc");
    long end = clock_ms() + 3 * AWAIT_MS;
    while (clock_ms() < end && read_some())
        ;
    result->command = console.command;
    result->exit_code = e2e_wait(console.process, 5);
    result->out = console.raw != NULL ? console.raw : strdup("");
    result->err = strdup(console_screen());
    result->log = strdup("");
    close(console.terminal);
    return result;
}
