//! What a scan of AWS makes of each fault: what it could not see it says, and nothing vanishes.

use crate::aws_scans::{KINDS, credentials};
use crate::ec2;
use crate::fault::Fault;
use crate::site::Site;

/// The region of the server's victim, whose volumes are the victim.
const PLACE: &str = "eu-west-1";

/// What a scan is like that meets a fault.
struct Expected {
    /// The status of each kind's coverage in [`PLACE`], where it is not complete.
    incomplete: &'static [(&'static str, &'static str)],
    /// Kinds of changes beside gaps.
    changes: &'static [&'static str],
}

const NOTHING: Expected = Expected { incomplete: &[], changes: &[] };

const fn volumes(status: &'static [(&'static str, &'static str)]) -> Expected {
    Expected { incomplete: status, changes: &[] }
}

const fn expected(fault: Fault) -> Expected {
    match fault {
        Fault::ThrottledOnce
        | Fault::ThrottledOnceWithout
        | Fault::EmptyPageWithToken
        | Fault::ForeignNextLink
        | Fault::ExpiredCredentials => NOTHING,
        Fault::ThrottledForGood => volumes(&[("volume", "throttled")]),
        Fault::DeniedKind => volumes(&[("volume", "denied")]),
        Fault::FailsMidPaging | Fault::RepeatedToken | Fault::MissingRequiredField => {
            volumes(&[("volume", "partial")])
        }
        Fault::TruncatedBody | Fault::Stall | Fault::ProxyHtml => volumes(&[("volume", "failed")]),
        Fault::DeniedLocation => Expected {
            incomplete: &[
                ("instance", "denied"),
                ("volume", "denied"),
                ("snapshot", "denied"),
                ("image", "denied"),
                ("setting", "denied"),
                ("recycled", "denied"),
                ("quota", "denied"),
                ("audit-log", "denied"),
            ],
            changes: &[],
        },
        Fault::UnreachablePlace => Expected {
            incomplete: &[
                ("instance", "failed"),
                ("volume", "failed"),
                ("snapshot", "failed"),
                ("image", "failed"),
                ("setting", "failed"),
                ("recycled", "failed"),
                ("quota", "failed"),
                ("audit-log", "failed"),
            ],
            changes: &[],
        },
        Fault::UnknownEnumValue => Expected { incomplete: &[], changes: &["modified", "stopped"] },
    }
}

/// Scans a sound estate, the same with a fault, and the sound one again.
fn survives(fault: Fault) {
    let site = Site::new();
    let scan = |fault| {
        let estate = ec2::start(fault);
        site.scan(&estate.config, &credentials(), &["--retries", "1", "--call-timeout", "2s"])
    };
    scan(None).assert_complete(KINDS, &[PLACE]);
    let report = scan(Some(fault));
    let Expected { incomplete, changes } = expected(fault);
    for kind in KINDS {
        let status =
            incomplete.iter().find(|(known, _)| known == kind).map_or("complete", |(_, status)| *status);
        report.assert_coverage(kind, PLACE, status);
    }
    report.assert_only(&[changes, &["coverage-gap"]].concat());
    let after = scan(None);
    after.assert_complete(KINDS, &[PLACE]);
    after.assert_only(changes);
}

/// One test for each fault, so that they run side by side.
macro_rules! faults {
    ($($name:ident: $fault:ident,)*) => {
        $(#[test]
        fn $name() {
            survives(Fault::$fault);
        })*

        #[test]
        fn every_fault_has_a_test() {
            let tested = [$(Fault::$fault,)* Fault::ExpiredCredentials];
            assert!(Fault::ALL.iter().all(|fault| tested.contains(fault)));
        }
    };
}

faults! {
    a_throttled_call_waits_as_long_as_it_is_told: ThrottledOnce,
    a_throttled_call_that_is_not_told_how_long_waits_nevertheless: ThrottledOnceWithout,
    a_list_that_is_throttled_for_good_is_unknown: ThrottledForGood,
    a_kind_that_may_not_be_listed_is_unknown: DeniedKind,
    a_region_that_may_not_be_looked_at_is_unknown: DeniedLocation,
    a_list_that_fails_midway_is_partial: FailsMidPaging,
    an_empty_page_with_a_token_is_not_the_last: EmptyPageWithToken,
    a_list_that_leads_in_a_circle_is_partial: RepeatedToken,
    a_list_that_breaks_off_is_unknown: TruncatedBody,
    a_list_that_never_comes_is_unknown: Stall,
    a_token_goes_back_as_it_came_whatever_it_looks_like: ForeignNextLink,
    a_region_that_does_not_answer_is_unknown: UnreachablePlace,
    a_state_that_nobody_heard_of_is_a_state: UnknownEnumValue,
    an_element_without_an_id_makes_its_list_partial: MissingRequiredField,
    a_page_of_html_is_no_empty_list: ProxyHtml,
}

#[test]
fn expired_credentials_seal_nothing() {
    let site = Site::new();
    let estate = ec2::start(Some(Fault::ExpiredCredentials));
    let output = site.run(&estate.config, &credentials(), &["--retries", "1"]);
    assert_eq!(output.status.code(), Some(30), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty());
    assert!(!String::from_utf8_lossy(&output.stderr).contains("secret"));
}
