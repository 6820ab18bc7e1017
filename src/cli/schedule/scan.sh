#!/bin/sh
# Runs one scan and publishes its report. From `driftline generate schedule`; yours to change.
#
# Reports: driftline-TIME.json and .md, moved into place whole, and the newest as latest.json and latest.md. Old
#          ones are removed; `driftline report` renders them again from the store.
# Alerts:  if DRIFTLINE_ALERT names a program, it is run with the status, and the Markdown report if there is one,
#          at every status but 0 and 21.
# Ends with the status of driftline@@ENDS@@:
#   0     nothing to tell
#   3     coverage is incomplete: a warning
#   10    findings: somebody should look; the run itself is sound
#   21    another run holds the store: the next one will do
#   else  the scan failed, and driftline's log says why
set -u
umask 077

@@PLACES@@
keep_days=400

# Says a thing: how bad (notice, warning, error), and what.
say() {
@@SAY@@
}

# Shows people the report of a scan that ended with a warning.
show() {
@@SHOW@@
}

alert() {
    if [ -n "${DRIFTLINE_ALERT:-}" ]; then
        command "$DRIFTLINE_ALERT" "$@" || say error "the alert program failed with status $?"
    fi
}

publish() {
    for kind in @@KINDS@@; do
        cp "$partial.$kind" "$partial.latest" &&
            mv -f "$partial.$kind" "$reports/$name.$kind" &&
            mv -f "$partial.latest" "$reports/latest.$kind" || return 1
    done
}

if ! mkdir -p "$reports"; then
    say error "cannot make $reports"
    exit 1
fi
@@LOG@@name=driftline-$(date -u +%Y%m%dT%H%M%SZ)
partial=$reports/.$name.$$
trap 'rm -f "$partial".*' EXIT

driftline scan --config "$config" --store "$store" --quiet --log-format json \
    --format "json=$partial.json" --format "markdown=$partial.md"@@FORMATS@@ &
child=$!
# A scan that is told to stop seals nothing half-done, and says so with its own status: wait for it.
stopped=
trap 'stopped=1; kill -TERM "$child" 2>/dev/null || :' HUP INT TERM
while :; do
    status=0
    wait "$child" || status=$?
    if [ -z "$stopped" ] || [ "$status" -le 128 ]; then break; fi
    stopped=
done

case $status in
    0 | 3 | 10)
        if ! publish; then
            say error "the scan is sealed, but its report cannot be written to $reports"
            alert 1
            exit 1
        fi
        find "$reports" -name 'driftline-*' -type f -mtime "+$keep_days" -exec rm -f {} + ||
            say warning "cannot remove old reports from $reports"
        ;;
esac
report=$reports/latest.md
case $status in
    0) ;;
    3)
        say warning "coverage is incomplete; $report says where"
        show "$report"
        alert "$status" "$report"
        ;;
    10)
        say warning "there are findings; see $report"
        show "$report"
        alert "$status" "$report"
        ;;
    21) say notice "another run holds the store; this one did nothing" ;;
    126 | 127)
        say error "driftline is not on PATH, or cannot be run"
        alert "$status"
        ;;
    130)
        say error "the scan was stopped before its end; nothing was sealed"
        alert "$status"
        ;;
    *)
        say error "the scan failed with status $status; driftline --help tells what it means"
        alert "$status"
        ;;
esac
@@END@@
