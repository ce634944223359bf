// SPDX-License-Identifier: MIT
/*
 * Input without system calls: a thread of the kernel polls the submission ring
 * (IORING_SETUP_SQPOLL), the program polls the completion ring, and both are
 * memory that they share.  So reading a file costs the computing thread no exit
 * from guest mode, where read() costs one for each block.  This program does both.
 *
 * cc -O2 uring.c $(pkg-config --cflags --libs libvcontext liburing) -o uring
 */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vctx.h>

#define BLOCK	4096
#define DEPTH	32	/* reads in flight */

/*
 * The polling thread goes to sleep if no submission comes for so long, and
 * io_uring_submit() then makes a system call to wake it.
 */
#define IDLE_MS	2000

struct job {
	int fd;
	off_t size;
	uint64_t blocks;
	uint64_t sum;
	char (*buffer)[BLOCK];	/* [DEPTH] */
	struct io_uring ring;
	struct vctx_stats before, after;
};

static size_t length_of(const struct job *job, uint64_t block)
{
	off_t left = job->size - (off_t)block * BLOCK;

	return left < BLOCK ? left : BLOCK;
}

/* FNV-1a of the block and its number: blocks may complete in any order. */
static uint64_t checksum(const char *data, size_t length, uint64_t block)
{
	uint64_t hash = 0xcbf29ce484222325 + block;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)data[i]) * 0x100000001b3;
	return hash;
}

static long with_read(struct job *job)
{
	for (uint64_t block = 0; block < job->blocks; block++) {
		size_t length = length_of(job, block);
		ssize_t got = pread(job->fd, job->buffer[0], length, block * BLOCK);

		if (got != (ssize_t)length)
			return got < 0 ? -errno : -EIO;
		job->sum += checksum(job->buffer[0], length, block);
	}
	return 0;
}

static void prepare(struct job *job, uint64_t block, unsigned int slot)
{
	struct io_uring_sqe *sqe;

	/* A read may complete before its place in the ring is free again. */
	do {
		sqe = io_uring_get_sqe(&job->ring);
	} while (!sqe);
	io_uring_prep_read(sqe, job->fd, job->buffer[slot],
			   length_of(job, block), block * BLOCK);
	io_uring_sqe_set_data64(sqe, block * DEPTH + slot);
}

static long with_sqpoll(struct job *job)
{
	uint64_t submitted = 0, done = 0;
	struct io_uring_cqe *cqe;

	/* All at once: the thread begins asleep, and a system call wakes it. */
	for (; submitted < job->blocks && submitted < DEPTH; submitted++)
		prepare(job, submitted, submitted);
	io_uring_submit(&job->ring);

	while (done < job->blocks) {
		uint64_t block;
		unsigned int slot;

		if (io_uring_peek_cqe(&job->ring, &cqe))
			continue;
		block = io_uring_cqe_get_data64(cqe) / DEPTH;
		slot = io_uring_cqe_get_data64(cqe) % DEPTH;
		if (cqe->res != (int)length_of(job, block))
			return cqe->res < 0 ? cqe->res : -EIO;
		job->sum += checksum(job->buffer[slot], cqe->res, block);
		io_uring_cqe_seen(&job->ring, cqe);
		done++;
		if (submitted < job->blocks) {
			prepare(job, submitted++, slot);
			io_uring_submit(&job->ring);
		}
	}
	return 0;
}

/* ---- each in a context, with the statistics before and after ---- */

static long measured(struct job *job, long (*loop)(struct job *job))
{
	long error;

	vctx_stats(&job->before, sizeof(job->before));
	error = loop(job);
	vctx_stats(&job->after, sizeof(job->after));
	return error;
}

static long run_read(void *job)
{
	return measured(job, with_read);
}

static long run_sqpoll(void *job)
{
	return measured(job, with_sqpoll);
}

static const struct method {
	const char *name;
	long (*run)(void *job);
} methods[] = {
	{ "read", run_read },
	{ "sqpoll", run_sqpoll },
};

static int run(const struct method *method, struct job *job, int native)
{
	/* The exits are the point: all reads are to be in guest mode. */
	struct vctx_attr attr = VCTX_ATTR_INIT;
	long error;
	int in_context = 0;

	attr.flags = VCTX_EAGER;

	job->sum = 0;
	if (native)
		error = method->run(job);
	else
		in_context = vctx_run_attr(&attr, method->run, job, &error);
	if (error) {
		fprintf(stderr, "uring: %s: %s\n", method->name, strerror(-error));
		return 1;
	}
	printf("%-6s  %" PRIu64 " blocks, checksum %016" PRIx64 "\n",
	       method->name, job->blocks, job->sum);
	if (in_context) {
		/* The second vctx_stats() is a system call, too, and counts itself. */
		uint64_t calls = job->after.exits[VCTX_EXIT_SYSCALL] -
				 job->before.exits[VCTX_EXIT_SYSCALL] - 1;

		fprintf(stderr, "%-6s  in a context: %" PRIu64
			" exits for system calls, %.1f per 1000 blocks\n",
			method->name, calls, 1e3 * calls / job->blocks);
	}
	return 0;
}

static const char help[] =
"Usage: uring [OPTION]... FILE\n"
"Read FILE and sum it up, in a context: by read(), then through an io_uring\n"
"whose submissions the kernel polls for; compare the exits for system calls.\n"
"\n"
"  -n, --native      run natively instead\n"
"  -c, --sq-cpu CPU  where the kernel's thread polls (default: anywhere)\n"
"  -h, --help        print this and exit\n"
"\n"
"Sums go to standard output; what the contexts did goes to standard error.\n";

static const struct option options[] = {
	{ "native",	no_argument,		NULL, 'n' },
	{ "sq-cpu",	required_argument,	NULL, 'c' },
	{ "help",	no_argument,		NULL, 'h' },
	{ }
};

int main(int argc, char **argv)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_SQPOLL,
		.sq_thread_idle = IDLE_MS,
	};
	struct job job = { };
	const char *reason;
	struct stat status;
	int native = 0;
	int option;
	int error;

	while ((option = getopt_long(argc, argv, "nc:h", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			native = 1;
			break;
		case 'c':
			params.flags |= IORING_SETUP_SQ_AFF;
			params.sq_thread_cpu = strtoul(optarg, NULL, 10);
			break;
		case 'h':
			return fputs(help, stdout) < 0;
		default:
			argc = 0;
		}
	}
	if (argc != optind + 1) {
		fputs("uring: one FILE is needed; see uring --help\n", stderr);
		return 2;
	}

	job.fd = open(argv[optind], O_RDONLY);
	if (job.fd < 0 || fstat(job.fd, &status)) {
		fprintf(stderr, "uring: cannot read %s: %s\n", argv[optind],
			strerror(errno));
		return 1;
	}
	job.size = status.st_size;
	job.blocks = (job.size + BLOCK - 1) / BLOCK;
	if (!S_ISREG(status.st_mode) || !job.blocks) {
		fprintf(stderr, "uring: %s is empty, or not a file\n", argv[optind]);
		return 1;
	}
	/* The pages are touched here, so that no page fault is counted later. */
	job.buffer = malloc(DEPTH * BLOCK);
	if (!job.buffer) {
		perror("uring: cannot allocate buffers");
		return 1;
	}
	memset(job.buffer, 0, DEPTH * BLOCK);

	if (!native && vctx_available(&reason))
		fprintf(stderr, "natively: %s\n", reason);
	error = run(&methods[0], &job, native);
	if (!error) {
		uint64_t sum = job.sum;

		/* Only now, since the ring's thread would go to sleep while read() is tried. */
		error = -io_uring_queue_init_params(DEPTH, &job.ring, &params);
		if (error) {
			fprintf(stderr, "uring: cannot set up an io_uring with SQPOLL: %s; is it allowed by sysctl kernel.io_uring_disabled, and is the CPU there?\n",
				strerror(error));
			return 1;
		}
		error = run(&methods[1], &job, native);
		io_uring_queue_exit(&job.ring);
		if (!error && sum != job.sum) {
			fputs("uring: the sums differ\n", stderr);
			error = 1;
		}
	}
	free(job.buffer);
	close(job.fd);
	return error;
}
