// SPDX-License-Identifier: GPL-2.0-only
/* What SVM has for each CPU. */
#include <linux/gfp.h>

#include "svm.h"

DEFINE_PER_CPU(struct svm_cpu, svm_cpu) = { .segments = VCTX_SEGMENTS_UNKNOWN };

static void *alloc_page_for(int cpu)
{
	struct page *page = alloc_pages_node(cpu_to_node(cpu),
					     GFP_KERNEL | __GFP_ZERO, 0);

	return page ? page_address(page) : NULL;
}

void svm_cpu_free(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct svm_cpu *this = per_cpu_ptr(&svm_cpu, cpu);

		free_page((unsigned long)this->host_save);
		free_page((unsigned long)this->flush);
		free_page((unsigned long)this->vmcb);
	}
}

int __init svm_cpu_alloc(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct svm_cpu *this = per_cpu_ptr(&svm_cpu, cpu);

		this->host_save = alloc_page_for(cpu);
		this->vmcb = alloc_page_for(cpu);
		this->flush = alloc_page_for(cpu);
		if (!this->host_save || !this->vmcb || !this->flush) {
			svm_cpu_free();
			return -ENOMEM;
		}
	}
	return 0;
}
