//! Patterns for attribute paths.

/// Whether a pattern covers an attribute path, or a parent of it.
///
/// `*` stands for any text: `config.NetworkInterfaces[*].Groups` covers
/// `config.NetworkInterfaces[eni-1].Groups`, and `config.MetadataOptions` covers
/// `config.MetadataOptions.HttpTokens` but not `config.MetadataOptionsBackup`.
pub(super) fn covers(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => {
            path.strip_prefix(pattern).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        }
        Some((start, pattern)) => path.strip_prefix(start).is_some_and(|path| {
            path.char_indices()
                .map(|(at, _)| at)
                .chain([path.len()])
                .any(|at| path.get(at..).is_some_and(|rest| covers(pattern, rest)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_the_path_and_what_lies_below_it() {
        assert!(covers("config.MetadataOptions", "config.MetadataOptions"));
        assert!(covers("config.MetadataOptions", "config.MetadataOptions.HttpTokens"));
        assert!(!covers("config.MetadataOptions", "config.MetadataOptionsBackup"));
        assert!(!covers("config.MetadataOptions.HttpTokens", "config.MetadataOptions"));
    }

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(covers("config.N[*].Groups", "config.N[eni-1].Groups"));
        assert!(!covers("config.N[*].Groups", "config.N[eni-1].SubnetId"));
        assert!(covers("config.metadata[*startup-script*]", "config.metadata[startup-script-url].sha256"));
        assert!(covers("config.metadata[*startup-script*]", "config.metadata[startup-script]"));
        assert!(!covers("config.metadata[*startup-script*]", "config.metadata[ssh-keys]"));
    }
}
