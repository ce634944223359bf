# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion of vctx-silicon for bash.

_vctx_silicon()
{
	# shellcheck disable=SC2034 # _init_completion sets them
	local cur prev words cword split steps

	# -s: --from=STEP in two halves
	_init_completion -s || return

	case $prev in
	--from | --until)
		# A line is a rung with what it is for, or an indented step.
		steps=$("${words[0]}" --dry-run --hotplug 2>/dev/null | sed -nE 's/^ +//p; s/^([a-z]+): .*step\)$/\1/p')
		mapfile -t COMPREPLY < <(compgen -W "$steps" -- "$cur")
		return
		;;
	--output | -o)
		_filedir -d
		return
		;;
	esac

	mapfile -t COMPREPLY < <(compgen -W '--dry-run --from --until --hotplug --output --yes --json
		--help --version' -- "$cur")
} && complete -F _vctx_silicon vctx-silicon
