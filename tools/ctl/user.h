/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_H
#define USER_H

#include <stdbool.h>
#include <stdint.h>

/* The name of a user, or the number if there is no name. */
const char *user_name(uint32_t uid);

/* The number of a user by name or number; false if there is none. */
bool user_find(const char *name, uint32_t *uid);

#endif /* USER_H */
