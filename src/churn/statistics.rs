//! Is a count out of the ordinary? Robust statistics without any training (SEMANTICS D.4).
//!
//! Iglewicz & Hoaglin, *How to Detect and Handle Outliers*, ASQC 1993 (NIST/SEMATECH e-Handbook §1.3.5.17);
//! Benjamini & Hochberg, JRSS-B 57:289 (1995). Probabilities are summed in log space, term by term: the
//! counts are small.

use crate::model::{Centre, Tail};

/// By how much the median absolute deviation of a normal distribution falls short of its standard deviation.
const MAD_OF_NORMAL: f64 = 0.6745;

/// By how much a normal distribution's standard deviation exceeds its mean absolute deviation.
const MEAN_AD_OF_NORMAL: f64 = 1.253_314;

/// What share of the buckets at either end the mean leaves out.
const TRIMMED_PERCENT: usize = 5;

/// From which ratio of variance to mean on counts are too uneven for a Poisson distribution.
const OVER_DISPERSED: f64 = 1.5;

/// Returns where the middle of some counts lies and how far they lie around it; all 0 for none.
pub(super) fn centre(counts: &[f64]) -> Centre {
    let median = median(counts.to_vec());
    let away: Vec<f64> = counts.iter().map(|count| (count - median).abs()).collect();
    let mean_ad = mean(&away);
    Centre { median, mad: self::median(away), mean_ad }
}

/// Returns the modified z-score of a count: by the median absolute deviation, by the mean absolute deviation
/// where that is 0; `None` where both are.
pub(super) fn modified_z(count: f64, centre: &Centre) -> Option<f64> {
    let away = count - centre.median;
    match centre {
        Centre { mad, .. } if *mad > 0.0 => Some(MAD_OF_NORMAL * away / mad),
        Centre { mean_ad, .. } if *mean_ad > 0.0 => Some(away / (MEAN_AD_OF_NORMAL * mean_ad)),
        _ => None,
    }
}

/// Returns how probable a count of at least `count` is, given earlier ones.
///
/// The rate is their trimmed mean, never less than one in all of them: what was never seen is rare, and not
/// impossible. Counts that vary more than a Poisson process does follow a negative binomial distribution.
pub(super) fn tail(count: u32, earlier: &[f64]) -> Tail {
    let mut sorted = earlier.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() * TRIMMED_PERCENT / 100;
    let kept = sorted.get(cut..sorted.len() - cut).unwrap_or_default();
    let floor = 1.0 / real(earlier.len().max(1));
    let lambda = mean(kept).max(floor);
    let average = mean(earlier);
    let dispersion = if average > 0.0 { variance(earlier) / average } else { 1.0 };
    // Of the whole, not of the trimmed: what was trimmed is what varied.
    let uneven = dispersion > OVER_DISPERSED;
    let p = if uneven {
        let spread = average * dispersion;
        let size = average * average / (spread - average);
        negative_binomial_tail(count, size, size / (size + average))
    } else {
        poisson_tail(count, lambda)
    };
    let distribution = if uneven { "negative binomial" } else { "poisson" };
    Tail { lambda: if uneven { average } else { lambda }, dispersion, distribution, p }
}

/// Returns the probability of at least `count` at a rate.
fn poisson_tail(count: u32, lambda: f64) -> f64 {
    // ln pmf(0), then the step from one term to the next.
    upper(count, -lambda, |k| lambda.ln() - f64::from(k + 1).ln(), lambda)
}

/// Returns the probability of at least `count` failures before the `size`-th success of probability `q`.
fn negative_binomial_tail(count: u32, size: f64, q: f64) -> f64 {
    let step = |k: u32| (size + f64::from(k)).ln() - f64::from(k + 1).ln() + (-q).ln_1p();
    upper(count, size * q.ln(), step, size * (1.0 - q) / q)
}

/// Sums the terms from `count` on, or, below the mean, takes those before it from 1.
fn upper(count: u32, first: f64, step: impl Fn(u32) -> f64, mean: f64) -> f64 {
    let mut term = first;
    let mut before = 0.0;
    for k in 0..count {
        before += term.exp();
        term += step(k);
    }
    if f64::from(count) <= mean {
        return (1.0 - before).clamp(0.0, 1.0);
    }
    let (mut sum, mut k) = (0.0, count);
    loop {
        let next = term.exp();
        sum += next;
        if next <= sum * f64::EPSILON || k == u32::MAX {
            return sum.min(1.0);
        }
        term += step(k);
        k += 1;
    }
}

/// Tells which of several probabilities are too small for chance, so that of all that are told at most a
/// share of
/// `rate` is chance.
pub(super) fn benjamini_hochberg(probabilities: &[f64], rate: f64) -> Vec<bool> {
    let mut sorted = probabilities.to_vec();
    sorted.sort_by(f64::total_cmp);
    let all = real(sorted.len());
    let holds = |&(index, p): &(usize, &f64)| *p <= rate * real(index + 1) / all;
    let limit = sorted.iter().enumerate().rfind(holds).map(|(_, p)| *p);
    probabilities.iter().map(|p| limit.is_some_and(|limit| *p <= limit)).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |index: usize| values.get(index).copied().unwrap_or_default();
    if values.len().is_multiple_of(2) {
        f64::midpoint(at(middle.saturating_sub(1)), at(middle))
    } else {
        at(middle)
    }
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / real(values.len()) }
}

/// Returns the variance of a sample.
fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    squares / real(values.len().saturating_sub(1).max(1))
}

/// Returns a number of things as a real number; there are never 2³² of them.
fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= expected.abs() * 1e-9, "{found} is not {expected}");
    }

    #[test]
    fn poisson_tails_are_those_of_scipy() {
        // scipy.stats.poisson.sf(x - 1, λ), SciPy 1.16.
        for (x, lambda, p) in [
            (5, 1.0, 0.003_659_846_827_343_713),
            (6, 0.25, 2.738_135_633_828_402_5e-7),
            (10, 3.5, 0.003_314_944_264_632_366),
            (3, 4.0, 0.761_896_694_446_455_6),
            (20, 2.0, 6.443_731_393_112_101e-14),
            (5, 1.0 / 672.0, 6.073_427_318_544_892e-17),
            (200, 150.0, 5.709_688_574_208_249e-5),
        ] {
            close(poisson_tail(x, lambda), p);
        }
    }

    #[test]
    fn negative_binomial_tails_are_those_of_scipy() {
        // scipy.stats.nbinom.sf(x - 1, r, q).
        for (x, r, q, p) in [
            (5, 0.5, 0.2, 0.144_927_605_404_080_45),
            (8, 2.0, 0.5, 0.019_531_25),
            (30, 1.25, 0.1, 0.065_688_539_638_666_82),
            (2, 3.0, 0.75, 0.261_718_75),
            (50, 0.04, 0.024_6, 0.006_293_724_656_234_513),
        ] {
            close(negative_binomial_tail(x, r, q), p);
        }
    }

    #[test]
    fn the_modified_z_score_is_that_of_the_e_handbook() {
        // NIST/SEMATECH e-Handbook, §1.3.5.17: the two last of the ten are the outliers.
        let sample = [2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3];
        let centre = centre(&sample);
        close(centre.median, 2.45);
        close(centre.mean_ad, 1.3);
        let scores: Vec<bool> =
            sample.iter().map(|count| modified_z(*count, &centre).is_some_and(|z| z > 3.5)).collect();
        assert_eq!(scores.iter().filter(|outlier| **outlier).count(), 2);
        close(modified_z(8.3, &centre).unwrap(), 26.305_5);
    }

    #[test]
    fn where_most_counts_are_alike_the_mean_deviation_tells_and_where_all_are_nothing_does() {
        let mut rare = vec![0.0; 99];
        rare.push(2.0);
        let centre_of_rare = centre(&rare);
        assert_eq!((centre_of_rare.mad > 0.0, centre_of_rare.mean_ad > 0.0), (false, true));
        close(modified_z(5.0, &centre_of_rare).unwrap(), 5.0 / (1.253_314 * 0.02));
        assert_eq!(modified_z(5.0, &centre(&[0.0; 10])), None);
    }

    #[test]
    fn a_rate_that_was_never_seen_is_one_in_all_buckets() {
        let never = tail(5, &[0.0; 672]);
        assert_eq!(never.distribution, "poisson");
        close(never.p, 6.073_427_318_544_892e-17);
        assert!(tail(1, &[]).p > 0.5, "without any bucket nothing is improbable");
    }

    #[test]
    fn uneven_counts_make_a_burst_less_improbable() {
        let bursty: Vec<f64> = (0..100).map(|hour| if hour % 10 == 0 { 10.0 } else { 0.0 }).collect();
        let even = [1.0; 100];
        let (uneven, even) = (tail(10, &bursty), tail(10, &even));
        assert_eq!((uneven.distribution, even.distribution), ("negative binomial", "poisson"));
        assert!(uneven.p > 1e-3 && even.p < 1e-6, "{} {}", uneven.p, even.p);
    }

    #[test]
    fn of_many_small_probabilities_only_those_hold_that_chance_does_not_give() {
        // scipy.stats.false_discovery_control gives 0.025, 0.05, 0.05, 0.025, 0.6.
        let p = [0.01, 0.04, 0.03, 0.005, 0.6];
        assert_eq!(benjamini_hochberg(&p, 0.05), [true, true, true, true, false]);
        assert_eq!(benjamini_hochberg(&p, 0.03), [true, false, false, true, false]);
        assert_eq!(benjamini_hochberg(&[], 0.05), [] as [bool; 0]);
    }
}
