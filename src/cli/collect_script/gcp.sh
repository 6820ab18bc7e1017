#!/bin/sh
# Collects the compute inventory of Google Cloud projects with the gcloud CLI, as a folder for `driftline scan --from`.
#
# Does:  list and describe calls only, project by project: instances, disks, snapshots, own images, machine
#        images, instant snapshots, resource policies, what the project sets for all of them, its quotas, regions
#        and log sinks, and who holds which role in it. Changes nothing in the projects, and enables no API.
# Needs: gcloud, signed in (`gcloud auth login`), with roles/compute.viewer, roles/logging.viewer and
#        roles/iam.securityReviewer on each project (and resourcemanager.projects.get where projects are not named).
# Costs: nothing but API calls: fourteen a project, one more for each role that is held in it, more where a listing
#        has many pages.
# Leaves: DIR/manifest.json (what was listed, and how completely), DIR/gcp/…, and DIR/errors.txt if a call failed.
#        A failed call marks its file incomplete and stops nothing else. Instances and projects are printed
#        with their metadata, so DIR may hold secrets: it is readable by its owner alone.
#
# usage: sh gcp.sh [--out DIR] [--projects 'ID …']
#   --out DIR        folder to make, or an empty one     (DRIFTLINE_OUT; default driftline-gcp-TIME)
#   --projects LIST  ids, by blanks or commas            (DRIFTLINE_PROJECTS; default all active ones in sight)
#
# Ends with 0 if every listing is complete, 3 if one is not, 1 or 2 if there was nothing to begin with.
set -u
umask 077
export CLOUDSDK_CORE_DISABLE_PROMPTS=1 CLOUDSDK_CORE_SHOULD_PROMPT_TO_ENABLE_API=false

out=${DRIFTLINE_OUT:-}
projects=${DRIFTLINE_PROJECTS:-}
started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
separator=
status=0

die() {
    printf 'error: %s\n' "$2" >&2
    exit "$1"
}

while [ $# -gt 0 ]; do
    case $1 in
        --out | --projects)
            [ $# -gt 1 ] || die 2 "\`$1\` needs a value"
            if [ "$1" = --out ]; then out=$2; else projects=$2; fi
            shift
            ;;
        -h | --help)
            printf 'usage: sh gcp.sh [--out DIR] [--projects LIST]\n'
            exit 0
            ;;
        *) die 2 "unexpected argument \`$1\`" ;;
    esac
    shift
done

# Prints its argument as a JSON string.
json() {
    # shellcheck disable=SC2016 # `$` is sed's last line.
    printf '%s\n' "$1" | LC_ALL=C sed -n 's/[\\"]/\\&/g;H;1h;${x;s/\n/\\n/g;s/[[:cntrl:]]/?/g;s/^/"/;s/$/"/;p;}'
}

# entry PATH PROJECT LOCATION KIND COMPLETE: adds one file to the manifest, in one piece. LOCATION is empty
# for a listing that spans them all.
entry() {
    fields="\"path\": $(json "$1"), \"provider\": \"gcp\", \"account\": $(json "$2")"
    [ -z "$3" ] || fields="$fields, \"location\": \"$3\""
    printf '%s\n    {%s, "kind": "%s", "complete": %s}' "$separator" "$fields" "$4" "$5" >>"$out/manifest.json" ||
        die 1 "cannot write in \`$out\`"
    separator=,
}

# collect PATH PROJECT LOCATION KIND GROUP COLLECTION VERB [OPTION…]: one listing, one file.
collect() {
    path=$1 account=$2 location=$3 kind=$4 group=$5 collection=$6 verb=$7
    shift 7
    keep gcloud "$group" "$collection" "$verb" --project="$account" --format=json "$@"
}

# keep COMMAND…: what it prints is the listing of $kind in $location of $account, in the file $path.
keep() {
    complete=true
    error=$("$@" 2>&1 >"$out/$path") || complete=false
    [ -s "$out/$path" ] || complete=false
    # A zone that did not answer is only a warning to some versions; the rest is printed as if it were all.
    case $error in
        *'requests did not succeed'* | *nreachable*) complete=false ;;
    esac
    entry "$path" "$account" "$location" "$kind" "$complete"
    if [ "$complete" = true ]; then
        printf '%s: complete\n' "$path" >&2
        return
    fi
    # An empty file would be no JSON.
    [ -s "$out/$path" ] || printf '[]\n' >"$out/$path"
    printf '%s: %s\n' "$path" "${error:-no output}" >>"$out/errors.txt"
    printf '%s: INCOMPLETE (see errors.txt)\n' "$path" >&2
    status=3
}

# Prints the roles that the policy in a file names, each with what it allows: an array that lacks those whose call
# failed.
# shellcheck disable=SC2329 # Run by `keep`.
roles() {
    failed=0 before='['
    for role in $(sed -n 's/^ *"role": "\([A-Za-z0-9_./:-]*\)".*/\1/p' "$1" | sort -u); do
        case $role in
            projects/*) parent=${role%/roles/*} && set -- "$1" "${role##*/}" --project="${parent#projects/}" ;;
            organizations/*) parent=${role%/roles/*} && set -- "$1" "${role##*/}" --organization="${parent#organizations/}" ;;
            *) set -- "$1" "$role" ;;
        esac
        if body=$(shift && gcloud iam roles describe "$@" --format=json </dev/null); then
            printf '%s\n%s' "$before" "$body"
            before=,
        else
            failed=1
        fi
    done
    [ "$before" = , ] || printf '['
    printf ']\n'
    return "$failed"
}

# grants PROJECT: who holds which role, and what each role allows.
grants() {
    account=$1 location=global kind=grant
    path=$folder/iam-policy.json
    keep gcloud projects get-iam-policy "$1" --format=json
    policy=$path
    path=$folder/roles.json
    keep roles "$out/$policy"
}

finish() {
    printf '\n  ]\n}\n' >>"$out/manifest.json"
}

project() {
    folder=gcp/$1
    mkdir -p "$out/$folder" || die 1 "cannot make \`$out/$folder\`"
    collect "$folder/snapshots.json" "$1" global snapshot compute snapshots list
    collect "$folder/instant-snapshots.json" "$1" '' instant-snapshot compute instant-snapshots list
    collect "$folder/disks.json" "$1" '' volume compute disks list
    collect "$folder/instances.json" "$1" '' instance compute instances list
    collect "$folder/images.json" "$1" global image compute images list --no-standard-images --show-deprecated
    collect "$folder/machine-images.json" "$1" global machine-image compute machine-images list
    collect "$folder/resource-policies.json" "$1" '' resource-policy compute resource-policies list
    collect "$folder/project-info.json" "$1" global setting compute project-info describe
    collect "$folder/snapshot-settings.json" "$1" global setting compute snapshot-settings describe
    collect "$folder/regions.json" "$1" '' region compute regions list
    # Each quota with no more than what it is a quota of: a project's metadata need not be printed once for each.
    collect "$folder/project-quotas.json" "$1" '' quota compute project-info describe \
        --flatten='quotas[]' --format='json(kind,name,selfLink,quotas)'
    collect "$folder/region-quotas.json" "$1" '' quota compute regions list \
        --flatten='quotas[]' --format='json(kind,name,selfLink,quotas)'
    collect "$folder/sinks.json" "$1" global audit-log logging sinks list
    grants "$1"
}

if [ -z "$projects" ]; then
    projects=$(gcloud projects list --filter=lifecycleState:ACTIVE --format='value(projectId)') ||
        die 1 "cannot list the projects; sign in with \`gcloud auth login\`, or name them with \`--projects\`"
fi
projects=$(printf '%s\n' "$projects" | sed 's/[,[:space:]]/ /g')
[ -n "$out" ] || out=driftline-gcp-$(printf '%s' "$started" | sed 's/[-:]//g')
[ ! -e "$out/manifest.json" ] || die 2 "\`$out\` holds a dump already"
mkdir -p "$out" || die 1 "cannot make \`$out\`"

printf '{\n  "driftline_dump": 1,\n  "taken_at": "%s",\n  "files": [' "$started" >"$out/manifest.json" ||
    die 1 "cannot write in \`$out\`"
# What was collected until an interrupt is a dump too: what it does not name counts as not looked at.
trap 'finish; exit 130' INT TERM HUP
set -f
for name in $projects; do
    project "$name"
done
trap - INT TERM HUP
finish
printf '%s\n' "$out"
exit "$status"
