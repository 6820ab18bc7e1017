//! Lists page by page, and what the kinds that EC2 lists and knows by id have in common.

use std::collections::HashSet;
use std::future::Future;

use async_trait::async_trait;
use aws_sdk_ec2::types::Filter;

use crate::sources::live::{Answer, Pages, Refusal, RefusalKind, Trouble, follow};

/// How many elements a page may hold; EC2 allows no more.
pub(super) const PAGE: i32 = 1000;

/// Which elements to ask for.
#[derive(Clone, Debug, Default)]
pub(super) struct Which {
    /// These, by id; a single one that is not there refuses them all.
    pub(super) ids: Vec<String>,
    /// Those that there are of these.
    pub(super) among: Vec<String>,
    /// The page.
    pub(super) token: Option<String>,
}

impl Which {
    pub(super) fn page(token: Option<String>) -> Self {
        Self { token, ..Self::default() }
    }

    /// Returns the ids, where they are asked for.
    pub(super) fn ids(&self) -> Option<Vec<String>> {
        Some(self.ids.clone()).filter(|ids| !ids.is_empty())
    }

    /// Returns the filter, where there is one; `name` is what the kind's filter by id is called.
    pub(super) fn filters(&self, name: &str) -> Option<Vec<Filter>> {
        let filter = Filter::builder().name(name).set_values(Some(self.among.clone())).build();
        (!self.among.is_empty()).then(|| vec![filter])
    }

    /// Returns the size of a page; a list of ids takes none.
    pub(super) fn most(&self, most: i32) -> Option<i32> {
        self.ids.is_empty().then_some(most)
    }
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The ids of what is there, and not merely remembered.
    pub(super) there: Vec<String>,
    pub(super) answer: Answer,
}

/// A kind that EC2 lists, and knows by id.
#[async_trait]
pub(super) trait Listed: Sync {
    /// Asks for some.
    async fn ask(&self, which: Which) -> Result<Found, Refusal>;

    /// Returns what calls beside the list met.
    fn troubles(&self) -> Vec<Trouble> {
        Vec::new()
    }
}

/// Lists everything.
pub(super) async fn list(listed: &dyn Listed, pages: &Pages) -> Vec<Trouble> {
    let mut troubles =
        follow(pages, |token| async { listed.ask(Which::page(token)).await.map(|found| found.answer) }).await;
    troubles.extend(listed.troubles());
    troubles
}

/// Collects every page of a list that tells of another; one that cannot be told to its end tells nothing.
pub(super) async fn collect<T, F>(mut ask: impl FnMut(Option<String>) -> F) -> Result<Vec<T>, Refusal>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), Refusal>>,
{
    let mut all = Vec::new();
    let mut seen = HashSet::new();
    let mut token = None;
    loop {
        let (page, next) = ask(token).await?;
        all.extend(page);
        let Some(next) = next.filter(|next| !next.is_empty()) else { return Ok(all) };
        if !seen.insert(next.clone()) {
            let message = "the vendor gave the same page token twice";
            return Err(Refusal::new(RefusalKind::Failed, "repeated-token", message));
        }
        token = Some(next);
    }
}
