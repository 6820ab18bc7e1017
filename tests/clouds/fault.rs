//! The ways in which a test server may misbehave, the same for the three clouds.

/// One way to misbehave.
///
/// Each server picks one list in one place as the victim, unless the fault says otherwise, and answers
/// everything else as usual. Which list and which place it is, the server's own documentation tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The first request of the victim is throttled, and the reply says when to come back.
    ThrottledOnce,
    /// The first request of the victim is throttled, and the reply does not say when to come back.
    ThrottledOnceWithout,
    /// Every request of the victim is throttled.
    ThrottledForGood,
    /// The credentials may not list the victim's kind anywhere.
    DeniedKind,
    /// The credentials may do nothing in the victim's place (region, subscription, project).
    DeniedLocation,
    /// The first page comes, and the second is a server error every time.
    FailsMidPaging,
    /// A page with no element and a token stands between the first page and the second.
    EmptyPageWithToken,
    /// Each page leads to the page after the first.
    RepeatedToken,
    /// The connection closes in the middle of the reply, every time.
    TruncatedBody,
    /// The headers come, and then nothing for longer than a request may take.
    Stall,
    /// The next page is said to be on a foreign host; where tokens are no links, the token looks like one.
    ForeignNextLink,
    /// A place answers nothing; where lists span places, the list says that it lacks this one.
    UnreachablePlace,
    /// An element has a state that nobody has heard of.
    UnknownEnumValue,
    /// An element lacks its id.
    MissingRequiredField,
    /// A proxy answers with a page of HTML and status 200.
    ProxyHtml,
    /// The credentials have expired, for everything.
    ExpiredCredentials,
}

impl Fault {
    /// Every way.
    pub const ALL: &[Self] = &[
        Self::ThrottledOnce,
        Self::ThrottledOnceWithout,
        Self::ThrottledForGood,
        Self::DeniedKind,
        Self::DeniedLocation,
        Self::FailsMidPaging,
        Self::EmptyPageWithToken,
        Self::RepeatedToken,
        Self::TruncatedBody,
        Self::Stall,
        Self::ForeignNextLink,
        Self::UnreachablePlace,
        Self::UnknownEnumValue,
        Self::MissingRequiredField,
        Self::ProxyHtml,
        Self::ExpiredCredentials,
    ];
}
