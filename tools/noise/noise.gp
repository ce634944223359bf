# SPDX-License-Identifier: GPL-2.0-only
# The picture of vctx-noise --plot: when each measurement was interrupted and for
# how long, and all histograms.  vctx-noise defines, before it loads this file:
#
#   output, format           the file, and "png" or "svg"
#   count                    of measurements; arrays have an item for each
#   label[], reason[]        its name, and why it was not made, or an empty text
#   seconds[]                its duration
#   threshold[], longest[]   the shortest and the longest interruption, in us
#   interruptions[]          how many there were
#   per_second[], lost[]     how many in a second, and the lost time in percent
#   $timeline, $histogram    a block of lines for each:
#                            "seconds us", and "us per-second"
#
# Empty blocks have a line of NaN, so that the blocks can be counted.

# These colours stand out from white, and from each other for all eyes.
colours = '#4477aa #cc3311 #228833 #aa3377 #ee7733 #000000'
colour(i) = word(colours, (i - 1) % words(colours) + 1)

panel = 150.0			# pixels for one measurement
rest = 330.0			# pixels for the title and the histogram
height = rest + panel * count

# ---- one range for all panels, so that they can be compared ----

last = 0.0
least = 0.0
most = 0.0
total = 0
do for [i = 1:count] {
	if (reason[i] eq '') {
		last = seconds[i] > last ? seconds[i] : last
		least = least == 0 || threshold[i] < least ? threshold[i] : least
		most = longest[i] > most ? longest[i] : most
		total = total + interruptions[i]
	}
}
last = last > 0 ? last : 1.0
least = least > 0 ? least : 1.0
most = most < 10 * least ? 10 * least : most

# ---- the page ----

if (format eq 'png') {
	set terminal pngcairo noenhanced size 1000,height
} else {
	set terminal svg noenhanced size 1000,height
	set object rectangle from screen 0,0 to screen 1,1 behind fc rgb 'white' fs noborder
}
set output output
set multiplot title 'What interrupted a thread that spins, and for how long'
unset key
set lmargin 11
set rmargin 3
set grid y lc rgb '#dddddd'
set tics nomirror
set logscale y
set format y '%g'
set samples 2

# ---- a panel for each measurement ----

measured(i) = interruptions[i] == 0 ? sprintf('%s: no interruption', label[i]) : \
	sprintf('%s: %.1f interruptions per second, %.4f %% of the time lost, longest %.1f us', \
		label[i], per_second[i], lost[i], longest[i])
heading(i) = reason[i] eq '' ? measured(i) : \
	sprintf('%s: not measured: %s', label[i], reason[i])
top(i) = 1 - (40 + (i - 1) * panel) / height

set ylabel 'us'
set xrange [0:last]
set yrange [least:most * 1.5]
do for [i = 1:count] {
	set tmargin at screen top(i) - 22 / height
	set bmargin at screen top(i) - 118 / height
	if (i == count) {
		set xlabel 'seconds' offset 0,0.5
	}
	set title heading(i) offset 0,-0.7
	# NaN draws the frame where there is nothing else to draw.
	plot NaN notitle, $timeline index (i - 1) with impulses lc rgb colour(i) lw 1.5 notitle
}

# ---- all histograms ----

set title 'interruptions per second, by length' offset 0,-0.7
set tmargin at screen (rest - 100) / height
set bmargin at screen 45 / height
set logscale x
set format x '%g'
set xrange [least / 2:most * 3]
if (total > 0) {
	set yrange [0.5 / last:*]
} else {
	set yrange [0.5 / last:50 / last]
}
set xlabel 'us' offset 0,0.5
set ylabel 'per second'
set key top right
# Each point is in the middle of its power of two.
plot NaN notitle, for [i = 1:count] $histogram index (i - 1) using ($1 * sqrt(2)):2 \
	with linespoints lc rgb colour(i) pt 7 ps 0.7 title reason[i] eq '' ? label[i] : ''
unset multiplot
set output
