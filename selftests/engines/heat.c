// SPDX-License-Identifier: GPL-2.0-only
/*
 * Heat in a plate, by Jacobi's method: rows are divided among the ranks of MPI,
 * which exchange their borders in each step and agree on the largest change.
 * What it prints does not depend on the number of ranks.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS	128	/* a multiple of the number of ranks */
#define COLUMNS	128
#define STEPS	400

static double plate[2][ROWS + 2][COLUMNS];

static double relax(double (*from)[COLUMNS], double (*to)[COLUMNS], int rows)
{
	double largest = 0;

	for (int y = 1; y <= rows; y++)
		for (int x = 1; x < COLUMNS - 1; x++) {
			double change;

			to[y][x] = (from[y - 1][x] + from[y + 1][x] +
				    from[y][x - 1] + from[y][x + 1]) / 4;
			change = to[y][x] - from[y][x];
			largest = change > largest ? change : largest;
		}
	return largest;
}

static void exchange(double (*part)[COLUMNS], int rows, int above, int below)
{
	MPI_Sendrecv(part[1], COLUMNS, MPI_DOUBLE, above, 0, part[rows + 1],
		     COLUMNS, MPI_DOUBLE, below, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	MPI_Sendrecv(part[rows], COLUMNS, MPI_DOUBLE, below, 1, part[0],
		     COLUMNS, MPI_DOUBLE, above, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

int main(int argc, char **argv)
{
	int rank, ranks, rows, above, below;
	double change, largest = 0, *all;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	rows = ROWS / ranks;
	above = rank ? rank - 1 : MPI_PROC_NULL;
	below = rank + 1 < ranks ? rank + 1 : MPI_PROC_NULL;

	/* The edge above the first row is hot. */
	for (int x = 0; x < COLUMNS; x++)
		plate[0][0][x] = plate[1][0][x] = rank ? 0 : 100;
	for (int step = 0; step < STEPS; step++) {
		exchange(plate[step & 1], rows, above, below);
		change = relax(plate[step & 1], plate[~step & 1], rows);
		MPI_Allreduce(&change, &largest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
	}

	all = calloc(ROWS * COLUMNS, sizeof(*all));
	MPI_Gather(plate[STEPS & 1][1], rows * COLUMNS, MPI_DOUBLE, all, rows * COLUMNS,
		   MPI_DOUBLE, 0, MPI_COMM_WORLD);
	if (!rank) {
		double sum = 0;

		for (int i = 0; i < ROWS * COLUMNS; i++)
			sum += all[i];
		printf("heat %.12f, last change %.12f\n", sum, largest);
	}
	free(all);
	MPI_Finalize();
	return 0;
}
