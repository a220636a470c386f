/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mod_rehearsal - content for the testbed: replies that no two executions make alike, and a journal of every execution.
 *
 *   GET or POST /rehearsal?id=NUMBER&bytes=NUMBER&service=NANOSECONDS&mute=1
 *
 * The reply says whose it is (X-Id) and from which execution (X-Nonce); its body is stamped with the nonce, a request's body
 * with its id (stamp.h). `service` makes the execution take that long, `mute` end the connection without a byte, as
 * mod_proxy does when its server has gone. An execution is noted in the journal (an inherited
 * descriptor, opened for appending) before its reply is made.
 *
 * A fault may wait for an event in here (trap.h).
 *
 *   RehearsalJournal 3     RehearsalTrap 4     RehearsalHost 0
 */
#include "module/testbed/stamp.h"
#include "module/testbed/trap.h"

#include <httpd.h>

#include <apr_strings.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

extern module AP_MODULE_DECLARE_DATA rehearsal_module;

enum { PIECE_BYTES = 65536 };

static int journal = -1;
static struct trap *trap; /* NULL: none */
static uint32_t host;

static uint64_t argument(const request_rec *request, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = request->args; at != NULL; at = strchr(at, '&')) {
        at += *at == '&';
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return strtoull(at + length + 1, NULL, 10);
    }
    return 0;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Stops here if this is what the trap waits for. */
static void pass_site(const request_rec *request, enum trap_site site)
{
    if (trap == NULL || trap->site != site || atomic_load(&trap->sprung) != 0 ||
        now_ns() < trap->not_before_ns ||
        (trap->client >= 0 && argument(request, "client") != (uint64_t)trap->client) ||
        (trap->ordinal > 0 && argument(request, "ordinal") != trap->ordinal) ||
        atomic_fetch_add(&trap->seen, 1) + 1 != trap->count)
        return;
    atomic_store(&trap->sprung, 1);
    while (atomic_load(&trap->released) == 0)
        usleep(200);
}

/* Reads the body; true if every byte is what the id says. */
static bool read_body(request_rec *request, uint64_t id)
{
    char piece[8192];
    uint64_t offset = 0;
    const char *length = apr_table_get(request->headers_in, "Content-Length");
    bool good = true;
    long got;
    if (ap_setup_client_block(request, REQUEST_CHUNKED_DECHUNK) != OK ||
        !ap_should_client_block(request))
        return true;
    while ((got = ap_get_client_block(request, piece, sizeof piece)) > 0) {
        good = good && stamp_check(id, offset, piece, (size_t)got) == (size_t)got;
        offset += (uint64_t)got;
        if (length == NULL || strtoull(length, NULL, 10) > offset)
            pass_site(request, TRAP_REQUEST_PART);
    }
    return good && got == 0 && (length == NULL || strtoull(length, NULL, 10) == offset);
}

/* When the server had the request's head. */
static int64_t begun_ns(const request_rec *request)
{
    return now_ns() - 1000 * (apr_time_now() - request->request_time);
}

static void note(const request_rec *request, uint64_t id, uint64_t nonce, bool body_good)
{
    struct stamp_execution execution = {
        .request = id,
        .nonce = nonce,
        .begun_ns = begun_ns(request),
        .at_ns = now_ns(),
        .host = host,
        .body_good = body_good,
    };
    if (journal >= 0)
        (void)!write(journal, &execution, sizeof execution);
}

static void write_body(request_rec *request, uint64_t nonce, uint64_t bytes)
{
    char *piece = apr_palloc(request->pool, PIECE_BYTES);
    for (uint64_t done = 0; done < bytes;) {
        size_t part = bytes - done < PIECE_BYTES ? (size_t)(bytes - done) : PIECE_BYTES;
        stamp_write(nonce, done, piece, part);
        ap_rwrite(piece, (int)part, request);
        done += part;
    }
}

static int say_nothing(request_rec *request)
{
    conn_rec *connection = request->connection;
    apr_bucket_brigade *end = apr_brigade_create(request->pool, connection->bucket_alloc);
    APR_BRIGADE_INSERT_TAIL(end, ap_bucket_eoc_create(connection->bucket_alloc));
    APR_BRIGADE_INSERT_TAIL(end, apr_bucket_eos_create(connection->bucket_alloc));
    ap_pass_brigade(request->output_filters, end);
    return OK;
}

static int handle(request_rec *request)
{
    if (strcmp(request->handler, "rehearsal") != 0)
        return DECLINED;
    uint64_t id = argument(request, "id"), bytes = argument(request, "bytes"), nonce;
    uint64_t service_ns = argument(request, "service");
    bool good = read_body(request, id);
    pass_site(request, TRAP_REQUEST_RECEIVED);
    if (getrandom(&nonce, sizeof nonce, 0) != sizeof nonce)
        return HTTP_INTERNAL_SERVER_ERROR;
    note(request, id, nonce, good);
    pass_site(request, TRAP_EXECUTING);
    if (service_ns > 0)
        nanosleep(&(struct timespec){.tv_sec = (time_t)(service_ns / 1000000000),
                                     .tv_nsec = (long)(service_ns % 1000000000)},
                  NULL);
    if (argument(request, "mute") != 0)
        return say_nothing(request);
    ap_set_content_type(request, "application/octet-stream");
    ap_set_content_length(request, (apr_off_t)bytes);
    apr_table_setn(request->headers_out, "X-Id",
                   apr_psprintf(request->pool, "%" APR_UINT64_T_FMT, id));
    apr_table_setn(request->headers_out, "X-Nonce",
                   apr_psprintf(request->pool, "%" APR_UINT64_T_FMT, nonce));
    write_body(request, nonce, bytes);
    pass_site(request, TRAP_EXECUTED);
    return OK;
}

static const char *set_journal(cmd_parms *command, void *directory, const char *text)
{
    (void)command, (void)directory;
    journal = atoi(text);
    return NULL;
}

static const char *set_trap(cmd_parms *command, void *directory, const char *text)
{
    (void)command, (void)directory;
    void *memory = mmap(NULL, sizeof *trap, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(text), 0);
    trap = memory != MAP_FAILED ? memory : NULL;
    return trap != NULL ? NULL : "there is no such memory";
}

static const char *set_host(cmd_parms *command, void *directory, const char *text)
{
    (void)command, (void)directory;
    host = (uint32_t)atoi(text);
    return NULL;
}

static const command_rec directives[] = {
    AP_INIT_TAKE1("RehearsalJournal", set_journal, NULL, RSRC_CONF,
                  "descriptor that executions are noted in"),
    AP_INIT_TAKE1("RehearsalTrap", set_trap, NULL, RSRC_CONF,
                  "descriptor of memory that says where to stop"),
    AP_INIT_TAKE1("RehearsalHost", set_host, NULL, RSRC_CONF, "this host's number"),
    {.name = NULL},
};

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(rehearsal) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, directives, register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
    AP_MODULE_FLAG_NONE,
#endif
};
