/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The help of vctxctl and of each command.
 */
#ifndef HELP_H
#define HELP_H

#include <stddef.h>

#include "command.h"

/* The commands that help_print() lists. */
void help_init(const struct command *const *commands, size_t count);

void help_print(void);
void help_print_command(const struct command *command);

#endif /* HELP_H */
