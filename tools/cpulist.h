/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CPULIST_H
#define CPULIST_H

/*
 * Let the calling thread run on the CPUs of @list only, written as the kernel
 * does: "0-3,5".  Returns NULL or what is wrong with it.
 */
const char *cpulist_pin(const char *list);

#endif /* CPULIST_H */
