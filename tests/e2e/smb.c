/* The server of a test, and the two pipes to it; see smb.h. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "e2e_internal.h"
#include "smb.h"

static const char python[] = "/usr/bin/python3";

static const char *const local_shares[] = {"one", "two", "other", "plain"};

static struct {
    pid_t process;
    FILE *to;
    FILE *from;
    char *server; /* what Windows calls it */
    char *links;  /* the folder of its shares in the Wine prefix */
} smb;

static void start_process(char *const *words)
{
    int to[2];
    int from[2];
    if (pipe(to) != 0 || pipe(from) != 0)
        e2e_broken("pipe");
    smb.process = fork();
    if (smb.process < 0)
        e2e_broken("fork");
    if (smb.process == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        close(to[1]); /* its end is how the server learns of the test's */
        close(from[0]);
        execv(words[0], words);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    smb.to = fdopen(to[1], "w");
    smb.from = fdopen(from[0], "r");
    /* what the test starts must not hold the pipe open */
    if (smb.to == NULL || smb.from == NULL ||
        fcntl(to[1], F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(from[0], F_SETFD, FD_CLOEXEC) != 0)
        e2e_broken("pipe");
}

static void unlink_shares(void)
{
    for (size_t i = 0; i < ROWS(local_shares); i++)
        unlink(e2e_text("%s/%s", smb.links, local_shares[i]));
    unlink(e2e_text("%s/far", smb.links));
    unlink(e2e_text("%s/stick", smb.links));
    rmdir(smb.links);
}

/* `ok` or `ok ANSWER`; the answer. */
static const char *listen(const char *command)
{
    char line[512] = "";
    if (fgets(line, sizeof line, smb.from) == NULL)
        e2e_broken(e2e_text("the server is gone after '%s'", command));
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "skip ", 5) == 0) {
        unlink_shares();
        cr_skip_test("no SMB server: %s", line + 5);
    }
    if (strncmp(line, "ok", 2) != 0)
        e2e_broken(e2e_text("the server on '%s': %s", command, line));
    return e2e_text("%s", line[2] != '\0' ? line + 3 : "");
}

const char *smb_tell(const char *command)
{
    if (fprintf(smb.to, "%s\n", command) < 0 || fflush(smb.to) != 0)
        e2e_broken(command);
    return listen(command);
}

struct smb_count smb_count(void)
{
    struct smb_count count = {0};
    const char *answer = smb_tell("count");
    if (sscanf(answer, "%lu %u %u %u %u", &count.bytes, &count.clones,
               &count.connections, &count.faults, &count.copies) != 5)
        e2e_broken(answer);
    return count;
}

const char *smb_path(const char *share, const char *name)
{
    return e2e_text("\\\\%s\\%s\\%s", smb.server, share, name);
}

/* Has Wine find the share's folder behind the share's name. */
static void link_share(const char *share, const char *folder)
{
    if (symlink(folder, e2e_text("%s/%s", smb.links, share)) != 0)
        e2e_broken(share);
}

static char *local_share(const char *name, const char *modules, unsigned serial)
{
    char *folder = realpath(".", NULL);
    if (folder == NULL || mkdir(name, 0755) != 0)
        e2e_broken(name);
    char *path = strdup(e2e_text("%s/%s", folder, name));
    link_share(name, path);
    free(folder);
    return strdup(e2e_text("%s=%s=%s=%#x", name, path, modules, serial));
}

static char *twin_share(const char *name, enum volume volume, unsigned serial)
{
    e2e_twin(volume);
    link_share(name, e2e_twin_folder(volume));
    return strdup(
        e2e_text("%s=%s==%#x", name, e2e_twin_folder(volume), serial));
}

static void name_server(void)
{
    const char *prefix = getenv("WINEPREFIX");
    smb.server = strdup(e2e_text("smb%d", (int)getpid()));
    smb.links = strdup(
        e2e_text("%s/dosdevices/unc/%s", prefix ? prefix : "", smb.server));
    unlink_shares(); /* of a test that was killed, and had this number */
    if (mkdir(smb.links, 0755) != 0)
        e2e_broken(smb.links);
}

static void enter(bool with_stick)
{
    e2e_enter(BTRFS);
    e2e_twin(with_stick ? EXFAT : OTHER);
    name_server();
    char *desk = strdup(e2e_text("%s/smb", e2e_desk()));
    char *script = strdup(e2e_text("%s/tests/smb/serve.py", E2E_SOURCES));
    if (desk == NULL || script == NULL || mkdir(desk, 0755) != 0)
        e2e_broken("smb");
    char *words[] = {(char *)(uintptr_t)python,
                     (char *)(uintptr_t) "-B", /* leaves no files behind */
                     script,
                     desk,
                     local_share("one", "btrfs", 0x11),
                     local_share("two", "btrfs", 0x11),
                     local_share("other", "btrfs", 0x22),
                     local_share("plain", "", 0x11),
                     twin_share("far", OTHER, 0x33),
                     with_stick ? twin_share("stick", EXFAT, 0x44) : NULL,
                     NULL};
    start_process(words);
    listen("start");
    e2e_set("REFLINK_BRIDGE_SMB", e2e_text("%s=%s/socket", smb.server, desk));
    if (chdir("one") != 0)
        e2e_broken("one");
}

void smb_enter(void)
{
    enter(false);
}

void smb_enter_with_stick(void)
{
    enter(true);
}

void smb_leave(void)
{
    if (smb.to != NULL)
        fclose(smb.to);
    if (smb.process > 0 && e2e_wait(smb.process, 10) != 0)
        e2e_broken("the server did not end");
    if (smb.from != NULL)
        fclose(smb.from);
    if (smb.links != NULL)
        unlink_shares();
    memset(&smb, 0, sizeof smb);
    e2e_leave();
}
