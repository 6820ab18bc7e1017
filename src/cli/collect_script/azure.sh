#!/bin/sh
# Collects the compute inventory of Azure subscriptions with the Azure CLI, as a folder for `driftline scan --from`.
#
# Does:  list and show calls only, subscription by subscription: virtual machines, machines of uniform scale
#        sets, disks, snapshots, images, restore points, management locks, role assignments and definitions, policy
#        assignments, the registration of Microsoft.Compute, diagnostic settings, locations, and the quotas of each
#        location; once, the subscriptions in sight. Changes nothing in the subscriptions.
# Needs: the Azure CLI, signed in (`az login`), with the role Reader on each subscription.
# Costs: nothing but API calls: about fourteen a subscription, one more a location (some sixty), a virtual machine
#        (its power state), a uniform scale set and a restore point collection.
# Leaves: DIR/manifest.json (what was listed, and how completely), DIR/azure/…, and DIR/errors.txt if a call failed.
#        A failed call marks its file incomplete and stops nothing else.
#
# usage: sh azure.sh [--out DIR] [--subscriptions 'ID …']
#   --out DIR             folder to make, or an empty one     (DRIFTLINE_OUT; default driftline-azure-TIME)
#   --subscriptions LIST  ids, by blanks or commas            (DRIFTLINE_SUBSCRIPTIONS; default all enabled ones)
#
# Ends with 0 if every listing is complete, 3 if one is not, 1 or 2 if there was nothing to begin with.
set -u
umask 077
export AZURE_CORE_NO_COLOR=true AZURE_CORE_ONLY_SHOW_ERRORS=true AZURE_EXTENSION_USE_DYNAMIC_INSTALL=no

out=${DRIFTLINE_OUT:-}
subscriptions=${DRIFTLINE_SUBSCRIPTIONS:-}
started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
separator=
status=0
# The one location that a listing is of; empty where one call lists every location.
place=

die() {
    printf 'error: %s\n' "$2" >&2
    exit "$1"
}

while [ $# -gt 0 ]; do
    case $1 in
        --out | --subscriptions)
            [ $# -gt 1 ] || die 2 "\`$1\` needs a value"
            if [ "$1" = --out ]; then out=$2; else subscriptions=$2; fi
            shift
            ;;
        -h | --help)
            printf 'usage: sh azure.sh [--out DIR] [--subscriptions LIST]\n'
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

# entry PATH SUBSCRIPTION KIND COMPLETE: adds one file to the manifest, in one piece. SUBSCRIPTION is empty for what
# tenants list.
entry() {
    fields="\"path\": $(json "$1"), \"provider\": \"azure\", \"kind\": \"$3\""
    [ -z "$2" ] || fields="$fields, \"account\": $(json "$2")"
    [ -z "$place" ] || fields="$fields, \"location\": $(json "$place")"
    printf '%s\n    {%s, "complete": %s}' "$separator" "$fields" "$4" >>"$out/manifest.json" ||
        die 1 "cannot write in \`$out\`"
    separator=,
}

# collect PATH SUBSCRIPTION KIND COMMAND…: one listing, one file.
collect() {
    path=$1 account=$2 kind=$3
    shift 3
    if error=$("$@" 2>&1 >"$out/$path") && [ -s "$out/$path" ]; then
        entry "$path" "$account" "$kind" true
        printf '%s: complete\n' "$path" >&2
    else
        # An empty file would be no JSON.
        [ -s "$out/$path" ] || printf '[]\n' >"$out/$path"
        entry "$path" "$account" "$kind" false
        printf '%s: %s\n' "$path" "${error:-no output}" >>"$out/errors.txt"
        printf '%s: INCOMPLETE (see errors.txt)\n' "$path" >&2
        status=3
    fi
}

# Prints the restore point collections of a subscription with their restore points, which only a call for
# each collection returns: an array that lacks those whose call failed.
# shellcheck disable=SC2329 # Run by `collect`.
restore_points() {
    collections=$(az restore-point collection list-all --subscription "$1" --query '[].id' --output tsv) || return
    failed=0 before='['
    while read -r id; do
        [ -n "$id" ] || continue
        # shellcheck disable=SC2016 # `$expand` is the API's.
        if body=$(az rest --method get --url "$id"'?api-version=2024-07-01&$expand=restorePoints' --output json </dev/null); then
            printf '%s\n%s' "$before" "$body"
            before=,
        else
            failed=1
        fi
    done <<EOF
$collections
EOF
    [ "$before" = , ] || printf '['
    printf ']\n'
    return "$failed"
}

# Prints the machines of a subscription's uniform scale sets, which only a call for each set returns: an array
# that lacks those of the sets whose call failed. A flexible set's machines are virtual machines like any other.
# shellcheck disable=SC2329 # Run by `collect`.
scale_set_machines() {
    sets=$(az vmss list --subscription "$1" --query "[?orchestrationMode!='Flexible'].[resourceGroup,name]" --output tsv) || return
    failed=0 before='['
    while read -r group set; do
        [ -n "$set" ] || continue
        if body=$(az vmss list-instances --subscription "$1" --resource-group "$group" --name "$set" --expand instanceView --output json </dev/null); then
            body=${body#[} body=${body%]}
            case $body in
                *[![:space:]]*)
                    printf '%s%s' "$before" "$body"
                    before=,
                    ;;
            esac
        else
            failed=1
        fi
    done <<EOF
$sets
EOF
    [ "$before" = , ] || printf '['
    printf ']\n'
    return "$failed"
}

# read_arm PATH SUBSCRIPTION KIND BELOW: one listing of ARM below a subscription.
read_arm() {
    collect "$1" "$2" "$3" az rest --method get --url "/subscriptions/$2/$4" --output json
}

# The quotas of each location that tells them; ARM spells a location without blanks and capitals.
quotas() {
    mkdir -p "$out/$folder/quotas" || die 1 "cannot make \`$out/$folder/quotas\`"
    if ! locations=$(az provider show --namespace Microsoft.Compute --subscription "$1" --output tsv \
        --query "resourceTypes[?resourceType=='locations/usages'].locations[]" 2>>"$out/errors.txt"); then
        printf '%s: NO QUOTAS (see errors.txt)\n' "$folder/quotas" >&2
        status=3
        return
    fi
    locations=$(printf '%s\n' "$locations" | LC_ALL=C tr -d ' \r' | LC_ALL=C tr '[:upper:]' '[:lower:]')
    for place in $locations; do
        collect "$folder/quotas/$place.json" "$1" quota \
            az vm list-usage --subscription "$1" --location "$place" --output json
    done
    place=
}

finish() {
    printf '\n  ]\n}\n' >>"$out/manifest.json"
}

subscription() {
    folder=azure/$1
    mkdir -p "$out/$folder" || die 1 "cannot make \`$out/$folder\`"
    collect "$folder/snapshots.json" "$1" snapshot az snapshot list --subscription "$1" --output json
    collect "$folder/restore-point-collections.json" "$1" restore-point restore_points "$1"
    collect "$folder/disks.json" "$1" volume az disk list --subscription "$1" --output json
    collect "$folder/vms.json" "$1" instance az vm list --show-details --subscription "$1" --output json
    collect "$folder/images.json" "$1" image az image list --subscription "$1" --output json
    collect "$folder/scale-set-machines.json" "$1" scale-set-instance scale_set_machines "$1"
    collect "$folder/locks.json" "$1" lock az lock list --subscription "$1" --output json
    collect "$folder/role-assignments.json" "$1" grant \
        az role assignment list --all --include-inherited --subscription "$1" --output json
    collect "$folder/role-definitions.json" "$1" grant az role definition list --subscription "$1" --output json
    read_arm "$folder/policy-assignments.json" "$1" setting \
        'providers/Microsoft.Authorization/policyAssignments?api-version=2022-06-01'
    read_arm "$folder/registration.json" "$1" setting 'providers/Microsoft.Compute?api-version=2021-04-01'
    collect "$folder/diagnostic-settings.json" "$1" audit-log \
        az monitor diagnostic-settings subscription list --subscription "$1" --output json
    read_arm "$folder/locations.json" "$1" region 'locations?api-version=2022-12-01'
    quotas "$1"
}

if [ -z "$subscriptions" ]; then
    subscriptions=$(az account list --query '[].id' --output tsv) ||
        die 1 "cannot list the subscriptions; sign in with \`az login\`, or name them with \`--subscriptions\`"
fi
subscriptions=$(printf '%s\n' "$subscriptions" | sed 's/[,[:space:]]/ /g')
[ -n "$out" ] || out=driftline-azure-$(printf '%s' "$started" | sed 's/[-:]//g')
[ ! -e "$out/manifest.json" ] || die 2 "\`$out\` holds a dump already"
mkdir -p "$out" || die 1 "cannot make \`$out\`"

printf '{\n  "driftline_dump": 1,\n  "taken_at": "%s",\n  "files": [' "$started" >"$out/manifest.json" ||
    die 1 "cannot write in \`$out\`"
# What was collected until an interrupt is a dump too: what it does not name counts as not looked at.
trap 'finish; exit 130' INT TERM HUP
set -f
mkdir -p "$out/azure" || die 1 "cannot make \`$out/azure\`"
collect azure/subscriptions.json '' account az rest --method get --url '/subscriptions?api-version=2022-12-01' --output json
for name in $subscriptions; do
    subscription "$name"
done
trap - INT TERM HUP
finish
printf '%s\n' "$out"
exit "$status"
