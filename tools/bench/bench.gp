# SPDX-License-Identifier: GPL-2.0-only
# The picture of vctx-bench --plot: each figure in each mode, in percent of what it is
# natively, with its interval of 95 %.  vctx-bench defines, before it loads this file:
#
#   output, format           the file, and "png" or "svg"
#   machine, kernel, unit    where it was measured, and what: "time" or "instructions"
#   count, name[]            the figures, from the top
#   modes, mode[]            the modes but the first, which is 100 %
#   $points                  a block of lines for each mode: "figure percent low high"
#
# Empty blocks have a line of NaN, so that the blocks can be counted.

# These colours stand out from white, and from each other for all eyes.
colours = '#000000 #4477aa #cc3311 #228833 #aa3377 #ee7733'
colour(i) = word(colours, (i - 1) % words(colours) + 1)

height = 110.0 + 24 * count
if (format eq 'png') {
	set terminal pngcairo noenhanced size 1000,height
} else {
	set terminal svg noenhanced size 1000,height
	set object rectangle from screen 0,0 to screen 1,1 behind fc rgb 'white' fs noborder
}
set output output
set title sprintf('%s, Linux %s', machine, kernel)
set lmargin 32
set rmargin 4
set grid x lc rgb '#dddddd'
set tics nomirror
set yrange [count + 0.7:0.3]
set ytics ()
do for [i = 1:count] {
	set ytics add (name[i] i)
}
set logscale x
set format x '%g %%'
set xlabel sprintf('%s or rate, natively = 100 %%', unit)
set arrow from 100, graph 0 to 100, graph 1 nohead lc rgb '#888888'
set key top right
place(i) = (i - (modes + 1) / 2.0) * 0.15
plot for [i = 1:modes] $points index (i - 1) using 2:($1 + place(i)):3:4 \
	with xerrorbars lc rgb colour(i) pt 7 ps 0.6 title mode[i]
set output
