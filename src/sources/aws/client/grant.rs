//! Who may do what in an account: all its users, groups, roles and the policies in use.

use aws_sdk_iam::types::{AttachedPolicy, ManagedPolicyDetail, PolicyDetail};
use serde_json::{Map, Value, json};

use super::session::Session;
use crate::sources::aws::calls::GET_ACCOUNT_AUTHORIZATION_DETAILS;
use crate::sources::live::{Answer, Page, Pages, Refusal, RefusalKind, Trouble, follow};

/// How many elements a page may hold; IAM allows no more.
const PAGE: i32 = 1000;

/// Lists the details to the last page. As much of each element is sent as its mapping reads.
pub(super) async fn list(session: &Session, pages: &Pages) -> Vec<Trouble> {
    let request = session.iam().get_account_authorization_details().max_items(PAGE);
    let request = &request;
    let ask = |marker: Option<String>| async move {
        let send = || request.clone().set_marker(marker.clone()).send();
        let answer = session.ask_at_home(&GET_ACCOUNT_AUTHORIZATION_DETAILS, send).await?;
        let mut page = Page::of("UserDetailList");
        let push = |page: &mut Page, element: Value| {
            let unprintable =
                |error: serde_json::Error| Refusal::new(RefusalKind::Failed, "not-json", error.to_string());
            page.push(&element).map_err(unprintable)
        };
        for user in answer.user_detail_list() {
            let named = [("Arn", user.arn()), ("UserId", user.user_id()), ("UserName", user.user_name())];
            let held = inline("UserPolicyList", user.user_policy_list());
            let groups = ("GroupList", json!(user.group_list()));
            push(&mut page, element(&named, [held, groups, attached(user.attached_managed_policies())]))?;
        }
        for group in answer.group_detail_list() {
            let named =
                [("Arn", group.arn()), ("GroupId", group.group_id()), ("GroupName", group.group_name())];
            let held = inline("GroupPolicyList", group.group_policy_list());
            push(&mut page, element(&named, [held, attached(group.attached_managed_policies())]))?;
        }
        for role in answer.role_detail_list() {
            let named = [
                ("Arn", role.arn()),
                ("AssumeRolePolicyDocument", role.assume_role_policy_document()),
                ("Path", role.path()),
                ("RoleId", role.role_id()),
                ("RoleName", role.role_name()),
            ];
            let held = inline("RolePolicyList", role.role_policy_list());
            push(&mut page, element(&named, [held, attached(role.attached_managed_policies())]))?;
        }
        for policy in answer.policies() {
            let named = [
                ("Arn", policy.arn()),
                ("DefaultVersionId", policy.default_version_id()),
                ("PolicyId", policy.policy_id()),
            ];
            push(&mut page, element(&named, [versions(policy)]))?;
        }
        let next = answer.marker.clone().filter(|_| answer.is_truncated);
        Ok::<Answer, Refusal>(Answer { page, next, ..Answer::default() })
    };
    follow(pages, ask).await
}

/// Puts an element together, as the AWS CLI prints it.
fn element<const N: usize>(named: &[(&str, Option<&str>)], lists: [(&str, Value); N]) -> Value {
    let named = named.iter().filter_map(|(name, text)| Some(((*name).to_owned(), Value::from((*text)?))));
    let lists = lists.into_iter().map(|(name, list)| (name.to_owned(), list));
    Value::Object(named.chain(lists).collect::<Map<_, _>>())
}

fn inline<'a>(name: &'a str, policies: &[PolicyDetail]) -> (&'a str, Value) {
    let policy = |policy: &PolicyDetail| json!({ "PolicyName": policy.policy_name(), "PolicyDocument": policy.policy_document() });
    (name, policies.iter().map(policy).collect())
}

fn attached(policies: &[AttachedPolicy]) -> (&'static str, Value) {
    let policy = |policy: &AttachedPolicy| json!({ "PolicyName": policy.policy_name(), "PolicyArn": policy.policy_arn() });
    ("AttachedManagedPolicies", policies.iter().map(policy).collect())
}

fn versions(policy: &ManagedPolicyDetail) -> (&'static str, Value) {
    let versions = policy.policy_version_list().iter().map(|version| {
        json!({ "Document": version.document(), "IsDefaultVersion": version.is_default_version(),
            "VersionId": version.version_id() })
    });
    ("PolicyVersionList", versions.collect())
}
