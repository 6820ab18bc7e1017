#!/bin/sh
# Collects the compute inventory of one AWS account with the AWS CLI, as a folder for `driftline scan --from`.
#
# Does:  describe, get and list calls only, region by region: instances, volumes, own snapshots, own images, root
#        replacements, the recycle bin, what the account sets for all of them, its quotas and its trails; once, its
#        regions, the accounts of its organization, and its users, groups, roles and policies. Changes nothing in the
#        account.
# Needs: the AWS CLI (2, or a late 1) with credentials that may sts:GetCallerIdentity, ec2:DescribeRegions,
#        ec2:DescribeInstances, ec2:DescribeVolumes, ec2:DescribeSnapshots, ec2:DescribeImages,
#        ec2:DescribeReplaceRootVolumeTasks, ec2:ListSnapshotsInRecycleBin, ec2:ListImagesInRecycleBin,
#        ec2:ListVolumesInRecycleBin, ec2:GetEbsEncryptionByDefault, ec2:GetEbsDefaultKmsKeyId,
#        ec2:GetSnapshotBlockPublicAccessState, ec2:GetImageBlockPublicAccessState,
#        ec2:GetSerialConsoleAccessStatus, ec2:GetInstanceMetadataDefaults, ec2:GetAllowedImagesSettings,
#        ec2:GetManagedResourceVisibility, servicequotas:ListServiceQuotas, cloudtrail:DescribeTrails,
#        cloudtrail:GetTrailStatus, cloudtrail:GetEventSelectors, iam:GetAccountAuthorizationDetails; where the
#        account may list its organization's accounts,
#        organizations:ListAccounts (where it may not, none are written); for --attributes also ec2:DescribeSnapshotAttribute,
#        ec2:DescribeImageAttribute, ec2:DescribeInstanceAttribute.
# Costs: nothing but API calls: about twenty a region, more where a listing has many pages; --attributes adds
#        one a snapshot, image and instance, which a large account will feel as throttling.
# Leaves: DIR/manifest.json (what was listed, and how completely), DIR/aws/…, and DIR/errors.txt if a call failed.
#        A failed call marks its file incomplete and stops nothing else.
#
# usage: sh aws.sh [--out DIR] [--regions 'REGION …'] [--attributes]
#   --out DIR       folder to make, or an empty one        (DRIFTLINE_OUT; default driftline-aws-ACCOUNT-TIME)
#   --regions LIST  regions, by blanks or commas           (DRIFTLINE_REGIONS; default all enabled ones)
#   --attributes    sharing of snapshots and images, termination protection (DRIFTLINE_ATTRIBUTES=1)
#   Profile and endpoint: AWS_PROFILE and the CLI's other variables.
#
# Ends with 0 if every listing is complete, 3 if one is not, 1 or 2 if there was nothing to begin with.
set -u
umask 077
export AWS_PAGER=

out=${DRIFTLINE_OUT:-}
regions=${DRIFTLINE_REGIONS:-}
attributes=${DRIFTLINE_ATTRIBUTES:-}
started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
separator=
status=0

die() {
    printf 'error: %s\n' "$2" >&2
    exit "$1"
}

while [ $# -gt 0 ]; do
    case $1 in
        --out | --regions)
            [ $# -gt 1 ] || die 2 "\`$1\` needs a value"
            if [ "$1" = --out ]; then out=$2; else regions=$2; fi
            shift
            ;;
        --attributes) attributes=1 ;;
        -h | --help)
            printf 'usage: sh aws.sh [--out DIR] [--regions LIST] [--attributes]\n'
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

# entry PATH LOCATION KIND COMPLETE: adds one file to the manifest, in one piece.
entry() {
    fields="\"path\": $(json "$1"), \"provider\": \"aws\", \"account\": $(json "$account"), \"location\": $(json "$2")"
    [ -z "$3" ] || fields="$fields, \"kind\": \"$3\""
    printf '%s\n    {%s, "complete": %s}' "$separator" "$fields" "$4" >>"$out/manifest.json" ||
        die 1 "cannot write in \`$out\`"
    separator=,
}

# collect PATH LOCATION KIND COMMAND…: one listing, one file. KIND is empty for what lists no resources.
collect() {
    path=$1 location=$2 kind=$3
    shift 3
    if error=$("$@" 2>&1 >"$out/$path") && [ -s "$out/$path" ]; then
        entry "$path" "$location" "$kind" true
        printf '%s: complete\n' "$path" >&2
    else
        incomplete "$path" "$location" "$kind"
    fi
}

# incomplete PATH LOCATION KIND: notes the failure in $error.
incomplete() {
    # An empty file would be no JSON.
    [ -s "$out/$1" ] || printf '[]\n' >"$out/$1"
    entry "$1" "$2" "$3" false
    # The CLI begins its errors with an empty line.
    error=$(printf '%s\n' "${error:-no output}" | sed '/^$/d')
    printf '%s: %s\n' "$1" "$error" >>"$out/errors.txt"
    printf '%s: INCOMPLETE (see errors.txt)\n' "$1" >&2
    status=3
}

# A describe call that also shows what other services manage and hide by default. A CLI that does not know the
# option yet refuses with 252 (version 1: 2) before any call, and is asked without it.
# shellcheck disable=SC2329 # Run by `collect`.
describe() {
    aws ec2 "$@" --include-managed-resources --output json
    refusal=$?
    case $refusal in
        2 | 252) aws ec2 "$@" --output json ;;
        *) return "$refusal" ;;
    esac
}

# ids NAME PREFIX PATH: the ids of a listing as the CLI prints it, one a line.
ids() {
    sed -n 's/^ *"'"$1"'": "\('"$2"'-[0-9a-f]*\)".*/\1/p' "$out/$3"
}

finish() {
    printf '\n  ]\n}\n' >>"$out/manifest.json"
}

# setting NAME REGION ENDING: what the account sets for a region; the name is the call's, without its verb and ending.
setting() {
    collect "$folder/settings/$1.json" "$2" setting aws ec2 "get-$1$3" --region "$2" --output json
}

region_settings() {
    mkdir -p "$out/$folder/settings" || die 1 "cannot make \`$out/$folder/settings\`"
    setting ebs-encryption-by-default "$1" ''
    setting ebs-default-kms-key-id "$1" ''
    setting snapshot-block-public-access "$1" -state
    setting image-block-public-access "$1" -state
    setting serial-console-access "$1" -status
    setting instance-metadata-defaults "$1" ''
    setting allowed-images-settings "$1" ''
    setting managed-resource-visibility "$1" ''
}

region_quotas() {
    for service in ec2 ebs; do
        collect "$folder/quotas-$service.json" "$1" quota \
            aws service-quotas list-service-quotas --region "$1" --service-code "$service" --output json
    done
}

# The trails at home in a region, and of the account's own what they record. A status does not say of which trail.
region_trails() {
    collect "$folder/trails.json" "$1" audit-log aws cloudtrail describe-trails --region "$1" \
        --query "trailList[?HomeRegion=='$1']" --output json
    trails=$(sed -n 's/^ *"TrailARN": "\(arn:[^"]*:'"$account"':trail\/[^"]*\)".*/\1/p' "$out/$folder/trails.json")
    [ -z "$trails" ] || mkdir -p "$out/$folder/trails" || die 1 "cannot make \`$out/$folder/trails\`"
    told='IsLogging: IsLogging, StartLoggingTime: StartLoggingTime, StopLoggingTime: StopLoggingTime'
    told="$told, LatestDeliveryError: LatestDeliveryError, LatestDigestDeliveryError: LatestDigestDeliveryError"
    for arn in $trails; do
        collect "$folder/trails/${arn##*/}.status.json" "$1" '' aws cloudtrail get-trail-status --region "$1" \
            --name "$arn" --query "{TrailARN: '$arn', $told}" --output json
        collect "$folder/trails/${arn##*/}.selectors.json" "$1" '' \
            aws cloudtrail get-event-selectors --region "$1" --trail-name "$arn" --output json
    done
}

region_recycle_bin() {
    mkdir -p "$out/$folder/recycle-bin" || die 1 "cannot make \`$out/$folder/recycle-bin\`"
    for held in snapshots images volumes; do
        collect "$folder/recycle-bin/$held.json" "$1" recycled \
            aws ec2 "list-$held-in-recycle-bin" --region "$1" --output json
    done
}

# The accounts of the organization. Most accounts may not list them, or are in none: that is no gap.
organization() {
    path=aws/$account/organization-accounts.json
    if error=$(aws organizations list-accounts --output json 2>&1 >"$out/$path"); then
        entry "$path" global account true
        printf '%s: complete\n' "$path" >&2
        return
    fi
    case $error in
        *AccessDenied* | *AWSOrganizationsNotInUse*)
            rm -f "$out/$path"
            printf '%s: not for this account\n' "$path" >&2
            ;;
        *) incomplete "$path" global account ;;
    esac
}

region() {
    folder=aws/$account/$1
    mkdir -p "$out/$folder" || die 1 "cannot make \`$out/$folder\`"
    collect "$folder/snapshots.json" "$1" snapshot \
        aws ec2 describe-snapshots --region "$1" --owner-ids self --output json
    collect "$folder/volumes.json" "$1" volume describe describe-volumes --region "$1"
    collect "$folder/instances.json" "$1" instance describe describe-instances --region "$1"
    collect "$folder/images.json" "$1" image \
        aws ec2 describe-images --region "$1" --owners self --include-deprecated --include-disabled --output json
    collect "$folder/replace-root-volume-tasks.json" "$1" '' \
        aws ec2 describe-replace-root-volume-tasks --region "$1" --output json
    region_recycle_bin "$1"
    region_settings "$1"
    region_quotas "$1"
    region_trails "$1"
    [ -z "$attributes" ] || region_attributes "$1"
}

region_attributes() {
    mkdir -p "$out/$folder/snapshot-attributes" "$out/$folder/image-attributes" "$out/$folder/instance-attributes"
    for id in $(ids SnapshotId snap "$folder/snapshots.json"); do
        collect "$folder/snapshot-attributes/$id.json" "$1" '' aws ec2 describe-snapshot-attribute \
            --region "$1" --snapshot-id "$id" --attribute createVolumePermission --output json
    done
    for id in $(ids ImageId ami "$folder/images.json"); do
        collect "$folder/image-attributes/$id.json" "$1" '' aws ec2 describe-image-attribute \
            --region "$1" --image-id "$id" --attribute launchPermission --output json
    done
    for id in $(ids InstanceId i "$folder/instances.json"); do
        collect "$folder/instance-attributes/$id.disableApiTermination.json" "$1" '' aws ec2 describe-instance-attribute \
            --region "$1" --instance-id "$id" --attribute disableApiTermination --output json
    done
}

account=$(aws sts get-caller-identity --query Account --output text) || die 1 "no usable AWS credentials"
if [ -z "$regions" ]; then
    regions=$(aws ec2 describe-regions --query 'Regions[].RegionName' --output text) ||
        die 1 "cannot list the regions; name them with \`--regions\`"
fi
regions=$(printf '%s\n' "$regions" | sed 's/[,[:space:]]/ /g')
[ -n "$out" ] || out=driftline-aws-$account-$(printf '%s' "$started" | sed 's/[-:]//g')
[ ! -e "$out/manifest.json" ] || die 2 "\`$out\` holds a dump already"
mkdir -p "$out" || die 1 "cannot make \`$out\`"

printf '{\n  "driftline_dump": 1,\n  "taken_at": "%s",\n  "files": [' "$started" >"$out/manifest.json" ||
    die 1 "cannot write in \`$out\`"
# What was collected until an interrupt is a dump too: what it does not name counts as not looked at.
trap 'finish; exit 130' INT TERM HUP
set -f
mkdir -p "$out/aws/$account" || die 1 "cannot make \`$out/aws/$account\`"
collect "aws/$account/regions.json" '*' region aws ec2 describe-regions --all-regions --output json
organization
for name in $regions; do
    region "$name"
done
collect "aws/$account/authorization-details.json" global grant \
    aws iam get-account-authorization-details --output json
trap - INT TERM HUP
finish
printf '%s\n' "$out"
exit "$status"
