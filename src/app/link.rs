//! Writes addresses: the current one with a parameter changed, and those of the things we show.
//!
//! What a page shows lives in its query, so nearly every link is "this page, but …". Reading the
//! parameters is [`crate::domain::query`]'s business; here they are only carried.

use crate::domain::format;
use crate::domain::ids::{DeliveryId, FeedId, JobId, PartnerId, RecordId};
use crate::domain::issue::{Issue, IssueId};
use crate::domain::query::Asked;
use leptos_router::params::ParamsMap;

/// A page's path and the parameters that are worth carrying along, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    path: String,
    params: Vec<(String, String)>,
}

impl Link {
    /// An address without parameters.
    pub fn to(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            params: Vec::new(),
        }
    }

    /// The address of `path` with those of the current parameters that are named in `keep`.
    pub fn carry(path: &str, query: &ParamsMap, keep: &[&str]) -> Self {
        keep.iter().fold(Self::to(path), |link, name| {
            link.with(name, query.get_str(name).unwrap_or_default())
        })
    }

    /// The same with `name` set to `value`, or without it when that is empty.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.params.retain(|(n, _)| n != name);
        if !value.is_empty() {
            self.params.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// The same with what it asks for about time.
    pub fn asking(self, asked: &Asked) -> Self {
        asked
            .params()
            .into_iter()
            .fold(self, |link, (name, value)| link.with(name, value))
    }

    /// The path alone.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A parameter's value; empty when it is not there.
    pub fn get(&self, name: &str) -> String {
        let found = self.params.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// The parameters other than those in `but`: what a form must carry in hidden fields.
    pub fn hidden(&self, but: &[&str]) -> Vec<(String, String)> {
        let kept = self.params.iter().filter(|(n, _)| !but.contains(&n.as_str()));
        kept.cloned().collect()
    }

    /// The address as text.
    pub fn href(&self) -> String {
        let mut href = self.path.clone();
        for (i, (name, value)) in self.params.iter().enumerate() {
            href.push(if i == 0 { '?' } else { '&' });
            href.push_str(name);
            href.push('=');
            href.push_str(&format::url_value(value));
        }
        href
    }
}

/// A partner's page.
pub fn partner(id: &PartnerId) -> Link {
    Link::to(format!("/partners/{}", format::url_value(id.as_str())))
}

/// A partner's report.
pub fn report(id: &PartnerId) -> Link {
    Link::to(format!("/partners/{}/report", format::url_value(id.as_str())))
}

/// One feed's page.
pub fn feed(id: &FeedId) -> Link {
    Link::to(format!("/feeds/{}", format::url_value(id.as_str())))
}

/// The contract of one feed.
pub fn contract(id: &FeedId) -> Link {
    Link::to(format!("/feeds/{}/contract", format::url_value(id.as_str())))
}

/// Where the gates of one feed stand.
pub fn gates(id: &FeedId) -> Link {
    Link::to(format!("/feeds/{}/gates", format::url_value(id.as_str())))
}

/// How the files of one feed are read.
pub fn profile(id: &FeedId) -> Link {
    Link::to(format!("/feeds/{}/profile", format::url_value(id.as_str())))
}

/// Where a file of one feed is tried before it is sent.
pub fn trial(id: &FeedId) -> Link {
    Link::to(format!("/feeds/{}/try", format::url_value(id.as_str())))
}

/// How far a file is that is tried.
pub fn trial_progress(id: &FeedId) -> Link {
    Link::to(format!("/feeds/{}/try/progress", format::url_value(id.as_str())))
}

/// One delivery's page.
pub fn delivery(id: &DeliveryId) -> Link {
    Link::to(format!("/deliveries/{}", format::url_value(id.as_str())))
}

/// One held record's page.
pub fn record(id: &RecordId) -> Link {
    Link::to(format!("/quarantine/{}", format::url_value(id.as_str())))
}

/// A job on a set of held records.
pub fn job(id: &JobId) -> Link {
    Link::to(format!("/jobs/{}", format::url_value(id.as_str())))
}

/// One issue's page.
pub fn issue(id: &IssueId) -> Link {
    Link::to(format!("/issues/{}", format::url_value(id.as_str())))
}

/// The open issues of one partner.
pub fn issues_of(id: &PartnerId) -> Link {
    Link::to("/issues").with("partner", id.as_str())
}

/// The held records of an issue that wait.
pub fn held_for(issue: &Issue) -> Link {
    Link::to("/quarantine")
        .with("feed", issue.feed.as_str())
        .with("code", &issue.code)
}

/// What a rule means.
pub fn rule(code: &str) -> Link {
    Link::to(format!("/rules/{}", format::url_value(code)))
}

/// The deliveries of one feed.
pub fn feed_deliveries(id: &FeedId) -> Link {
    Link::to("/deliveries").with("feed", id.as_str())
}

/// The quarantine, narrowed by one parameter.
pub fn quarantine(name: &str, value: &str) -> Link {
    Link::to("/quarantine").with(name, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_carries_what_it_should_and_drops_what_is_empty() {
        let link = Link::to("/quarantine")
            .with("partner", "acme")
            .with("code", "GTIN_CHECK")
            .with("partner", "");
        assert_eq!(link.href(), "/quarantine?code=GTIN_CHECK");
        assert_eq!(
            link.with("item", "a b&c/ü").href(),
            "/quarantine?code=GTIN_CHECK&item=a%20b%26c/%C3%BC"
        );
    }
}
