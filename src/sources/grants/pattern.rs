//! Wildcards of policies.

/// Whether a pattern means an action: `*` stands for any text, and `?`, where `single` says so, for one character;
/// case matters nowhere.
pub fn matches(pattern: &str, action: &str, single: bool) -> bool {
    let (pattern, action) = (pattern.as_bytes(), action.as_bytes());
    let (mut at, mut from) = (0, 0);
    // Where to go on when what followed the last star did not fit: behind the star, one byte later.
    let mut again: Option<(usize, usize)> = None;
    while let Some(byte) = action.get(from) {
        match pattern.get(at) {
            Some(b'*') => {
                again = Some((at + 1, from));
                at += 1;
            }
            Some(wanted) if (single && *wanted == b'?') || wanted.eq_ignore_ascii_case(byte) => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((star, taken)) = again else { return false };
                again = Some((star, taken + 1));
                (at, from) = (star, taken + 1);
            }
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards_stand_for_any_text_in_any_case() {
        for (pattern, action, expected) in [
            ("*", "ec2:TerminateInstances", true),
            ("ec2:*", "ec2:TerminateInstances", true),
            ("EC2:terminate*", "ec2:TerminateInstances", true),
            ("ec2:*Instances", "ec2:TerminateInstances", true),
            ("ec2:TerminateInstance?", "ec2:TerminateInstances", true),
            ("ec2:TerminateInstances?", "ec2:TerminateInstances", false),
            ("ec2:Terminate", "ec2:TerminateInstances", false),
            ("s3:*", "ec2:TerminateInstances", false),
            ("", "ec2:TerminateInstances", false),
            ("Microsoft.Compute/*/delete", "Microsoft.Compute/virtualMachines/delete", true),
            ("*/write", "Microsoft.Compute/virtualMachines/write", true),
            ("*/read", "Microsoft.Compute/virtualMachines/write", false),
        ] {
            assert_eq!(matches(pattern, action, true), expected, "{pattern} {action}");
        }
        assert!(!matches("a?", "ab", false) && matches("a?", "a?", false));
    }

    /// What the pattern means, by recursion.
    fn plainly(pattern: &[u8], action: &[u8]) -> bool {
        match (pattern.split_first(), action.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), None) => plainly(rest, action),
            (Some((b'*', rest)), Some((_, later))) => plainly(rest, action) || plainly(pattern, later),
            (Some((b'?', rest)), Some((_, later))) => plainly(rest, later),
            (Some((one, rest)), Some((other, later))) => one == other && plainly(rest, later),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn a_pattern_means_what_its_plain_reading_says(pattern in "[ab*?]{0,8}", action in "[ab]{0,8}") {
            prop_assert_eq!(matches(&pattern, &action, true), plainly(pattern.as_bytes(), action.as_bytes()));
        }

        #[test]
        fn an_action_whose_parts_are_blotted_out_still_matches(action in "[a-zA-Z:]{1,20}", from in 0usize..20, to in 0usize..20) {
            let (from, to) = (from.min(to).min(action.len()), to.max(from).min(action.len()));
            let pattern = format!("{}*{}", &action[..from], &action[to..]);
            prop_assert!(matches(&pattern, &action.to_uppercase(), false));
        }
    }
}
