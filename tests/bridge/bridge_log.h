/*
 * The log a test counts requests with: one line for each request, appended
 * by one write, so that processes that run at once do not mix their lines.
 */
#ifndef BRIDGE_LOG_H
#define BRIDGE_LOG_H

/* Appends one line, printf-like, a newline added. Without a log, nothing. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
