/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * mod_understudy - the server's part of the scheme, in stock Apache httpd 2.4.
 *
 * Hooks and directives only: what they do is in capture.c (primary: hold, ship, wait), replay.c (backup: answer from the log),
 * connection.c (which connections), channel.c (the log channel and the daemon). All the host is comes from understudyd over
 * a Unix socket, so there is one directive:
 *
 *   UnderstudyControl /run/understudy/control
 *
 * Needs the event MPM with a single process of many threads (ServerLimit 1, MaxConnectionsPerChild 0): the log is that
 * process's memory, and a reply that a worker waits for must come to the process that the worker is in. Anything else is
 * refused when the configuration is read. TLS and HTTP/2 are refused too: what the filter sees would not be what the client
 * gets.
 */
#include "module/httpd/state.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <mpm_common.h>
#include <string.h>

extern module AP_MODULE_DECLARE_DATA understudy_module;

struct us_module us = {.lock = PTHREAD_MUTEX_INITIALIZER,
                       .changed = PTHREAD_COND_INITIALIZER,
                       .bodies.changed = PTHREAD_COND_INITIALIZER,
                       .held.less = PTHREAD_COND_INITIALIZER,
                       .flows = -1,
                       .settings = -1,
                       .wake = -1};

static const char *control_path;

struct us_connection *us_connection_of(conn_rec *connection)
{
    return ap_get_module_config(connection->conn_config, &understudy_module);
}

static apr_status_t forget(void *data)
{
    us_connection_end(data);
    return APR_SUCCESS;
}

static int pre_connection(conn_rec *connection, void *socket)
{
    if (control_path == NULL || connection->master != NULL)
        return DECLINED;
    struct us_connection *self = apr_pcalloc(connection->pool, sizeof *self);
    self->connection = connection;
    self->socket = socket;
    ap_set_module_config(connection->conn_config, &understudy_module, self);
    apr_pool_cleanup_register(connection->pool, self, forget, apr_pool_cleanup_null);
    ap_add_output_filter(us_capture_name, self, NULL, connection);
    us_connection_begin(self);
    return OK;
}

static void child_init(apr_pool_t *pool, server_rec *server)
{
    if (control_path == NULL)
        return;
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &us.workers);
    apr_status_t status = us_channel_start(control_path, pool, server);
    if (status != APR_SUCCESS)
        ap_log_error(APLOG_MARK, APLOG_CRIT, status, server, "understudy: no channel thread");
}

static int refuse(server_rec *server, const char *why, const char *remedy)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT | APLOG_STARTUP, 0, server, "understudy: %s; %s", why,
                 remedy);
    return HTTP_INTERNAL_SERVER_ERROR;
}

static int post_config(apr_pool_t *pool, apr_pool_t *log, apr_pool_t *temporary, server_rec *server)
{
    int threaded = 0, processes = 0, per_child = 0;
    (void)pool, (void)log, (void)temporary;
    if (control_path == NULL || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;
    ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded);
    ap_mpm_query(AP_MPMQ_HARD_LIMIT_DAEMONS, &processes);
    ap_mpm_query(AP_MPMQ_MAX_REQUESTS_DAEMON, &per_child);
    if (threaded == AP_MPMQ_NOT_SUPPORTED)
        return refuse(server, "the prefork MPM keeps every connection in a process of its own",
                      "load mpm_event: a logged reply must reach the worker that waits for it");
    if (processes != 1)
        return refuse(server, "more than one server process is configured",
                      "set ServerLimit 1 and ThreadsPerChild (with ThreadLimit) to all threads");
    if (per_child != 0)
        return refuse(server, "the server process would end after some connections",
                      "set MaxConnectionsPerChild 0: the log is in its memory");
    for (const char *const *name = (const char *const[]){"mod_ssl.c", "mod_http2.c", NULL};
         *name != NULL; name++) {
        if (ap_find_linked_module(*name) != NULL)
            return refuse(server, apr_psprintf(pool, "%s is loaded", *name),
                          "do not load it: replicated ports speak plain HTTP/1.1 for now");
    }
    return OK;
}

static const char *set_control(cmd_parms *command, void *directory, const char *path)
{
    (void)directory;
    const char *error = ap_check_cmd_context(command, GLOBAL_ONLY);
    if (error == NULL)
        control_path = ap_server_root_relative(command->pool, path);
    return error;
}

static const command_rec directives[] = {
    AP_INIT_TAKE1("UnderstudyControl", set_control, NULL, RSRC_CONF,
                  "the Unix socket of understudyd on this host"),
    {.name = NULL},
};

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_close_connection(us_connection_close, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_quick_handler(us_quick_handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_register_output_filter(us_capture_name, us_capture, NULL, AP_FTYPE_CONNECTION);
    ap_register_input_filter(us_body_name, us_give_body, NULL, AP_FTYPE_RESOURCE);
}

AP_DECLARE_MODULE(understudy) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, directives, register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
    AP_MODULE_FLAG_NONE,
#endif
};
