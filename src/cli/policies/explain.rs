//! What each permission is for, as a Markdown page.

use std::fmt::Write as _;

use crate::model::Provider;
use crate::sources::live::Call;
use crate::sources::{CLOUDS, cloud};

const TITLE: &str = "# What a live scan must be allowed to do

Printed by `driftline generate policies --explain`; `driftline generate policies --provider CLOUD` prints the
policies. Both derive from the calls that driftline makes, and hold nothing else: every permission reads
metadata, none changes anything, none reads the content of a disk, a console, a password or a key.

A permission with an *option* is needed only if the configuration sets that key, and is in a policy only with
`--option NAME` (or `--option all`). A call that is refused spoils no other listing: the report says what it
left uncovered, and `driftline doctor` says it before the first scan.
";

const AWS: &str = "## AWS

```sh
driftline generate policies --provider aws > driftline.json
aws iam create-policy --policy-name driftline --policy-document file://driftline.json
```

Each option has a statement of its own. `ec2:DescribeInstanceAttribute` tells the protection of an instance
and its user data alike, and user data often holds secrets: whoever allows it for `instance-attributes` lets
the credentials read user data, too, even though driftline then does not ask for it, and keeps only a digest
and a length where it does.

`events` is needed only for the bucket of a trail. Its statements reach no object but those that trails deliver,
below `AWSLogs/`, of every bucket that the account may read: put the ARN of the trail's bucket in the place of
the pattern. Where the trail encrypts with a key of its own, the credentials need `kms:Decrypt` on that key.

`sts:AssumeRole` is in a policy only for a role that is named. In an organization, the scanner's own role takes
the first of these policies, and the role of that name in each member account the two others:

```sh
driftline generate policies --provider aws --option organization --member-role driftline > scanner.json
driftline generate policies --provider aws > driftline.json
driftline generate policies --provider aws --trust 111122223333 --external-id ID > trust.json
```
";

const AZURE: &str = "## Azure

```sh
driftline generate policies --provider azure > driftline.json
az role definition create --role-definition @driftline.json
az role assignment create --role driftline --assignee ID --scope SCOPE
```

Before the role is created, `AssignableScopes` must name where it can be assigned, in the place of the
subscription of zeros: subscriptions (`/subscriptions/ID`), or one management group
(`/providers/Microsoft.Management/managementGroups/ID`). A custom role has no statements: what an option adds
stands among the other actions.
";

const GCP: &str = "## Google Cloud

```sh
driftline generate policies --provider gcp > driftline.yaml
gcloud iam roles create driftline --organization NUMBER --file driftline.yaml
gcloud organizations add-iam-policy-binding NUMBER --role organizations/NUMBER/roles/driftline --member MEMBER
```

For one project, `--project ID` takes the place of `--organization NUMBER`; a project's role cannot hold
permissions of organizations and folders (`resourcemanager.folders.list`, `resourcemanager.projects.list`),
which only the enumeration below a folder or an organization takes. What an option adds stands below a comment
that names it.
";

/// Returns the page for one cloud or, without, for all.
pub(super) fn page(provider: Option<Provider>) -> String {
    let mut page = TITLE.to_owned();
    let wanted = CLOUDS.iter().map(|cloud| cloud.provider());
    for provider in wanted.filter(|each| provider.is_none_or(|wanted| wanted == *each)) {
        let text = match provider {
            Provider::Aws => AWS,
            Provider::Azure => AZURE,
            Provider::Gcp => GCP,
        };
        let _ = write!(page, "\n{text}\n{}", table(cloud(provider).calls()));
    }
    page
}

/// Returns a row for each permission of each call.
pub(super) fn table(calls: &[&Call]) -> String {
    let mut table = "| permission | call | kinds | option | what it tells |\n\
         | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for call in calls {
        let kinds: Vec<_> = call.kinds.iter().map(|kind| kind.as_str()).collect();
        let kinds = if kinds.is_empty() { "all".to_owned() } else { kinds.join(", ") };
        let option = call.option.map_or("always".to_owned(), |option| format!("`{option}`"));
        let permissions: Vec<_> = call.permissions.iter().map(|name| format!("`{name}`")).collect();
        let permissions = if permissions.is_empty() { vec!["none".to_owned()] } else { permissions };
        for permission in permissions {
            let _ =
                writeln!(table, "| {permission} | `{}` | {kinds} | {option} | {} |", call.name, call.tells);
        }
    }
    table
}
