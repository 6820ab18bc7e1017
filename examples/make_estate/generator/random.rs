//! Values drawn from a seed by name, so that any value can be had without those before it.

/// A point in a tree of random values: the same path from the same seed gives the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Draw(u64);

impl Draw {
    /// Begins at a seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    /// Goes to the branch of this name.
    pub(crate) fn of(self, name: &str) -> Self {
        // FNV-1a: names are short, and the result is mixed again.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        self.nth(hash)
    }

    /// Goes to the branch of this number.
    pub(crate) const fn nth(self, number: u64) -> Self {
        Self(mix(self.0 ^ mix(number)))
    }

    /// Returns a number below `bound`.
    pub(crate) const fn below(self, bound: u64) -> u64 {
        ((self.0 as u128 * bound as u128) >> 64) as u64
    }

    /// Returns a share, at least 0 and below 1.
    #[expect(clippy::cast_precision_loss, reason = "the high 53 bits are exact")]
    pub(crate) fn share(self) -> f64 {
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether an event of this probability happens.
    pub(crate) fn happens(self, probability: f64) -> bool {
        self.share() < probability
    }

    /// Returns one of the choices.
    pub(crate) fn pick<T: Copy>(self, choices: &[T]) -> T {
        self.pick_after(choices, 0)
    }

    /// Returns the choice `steps` after the one that [`Self::pick`] returns, so that a modified value
    /// differs from the one before.
    pub(crate) fn pick_after<T: Copy>(self, choices: &[T], steps: u32) -> T {
        let count = choices.len() as u64;
        let chosen = (self.below(count) + u64::from(steps)) % count;
        choices[usize::try_from(chosen).unwrap_or_default()]
    }

    /// Returns `digits` hexadecimal digits.
    pub(crate) fn hex(self, digits: usize) -> String {
        let digit = |index: usize| {
            let block = if index < 16 { self } else { self.nth(index as u64 / 16) };
            let nibble = block.0.to_le_bytes()[index / 2 % 8] >> (index % 2 * 4) & 15;
            char::from(b"0123456789abcdef"[usize::from(nibble)])
        };
        (0..digits).map(digit).collect()
    }

    /// Returns a UUID of version 4.
    pub(crate) fn uuid(self) -> String {
        let hex = self.hex(32);
        let variant = ['8', '9', 'a', 'b'][usize::try_from(self.nth(2).below(4)).unwrap_or_default()];
        format!("{}-{}-4{}-{variant}{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }

    /// Returns a number of 19 digits, as Google Cloud numbers its resources.
    pub(crate) fn serial(self) -> String {
        (1_000_000_000_000_000_000 + self.below(8_000_000_000_000_000_000)).to_string()
    }
}

/// The finaliser of `SplitMix64`.
const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Visits every number below `count` once, in an order that the draw decides.
pub(crate) fn shuffled(count: u64, draw: Draw) -> impl Iterator<Item = u64> {
    let mut stride = draw.of("stride").below(count.max(1)) | 1;
    while count > 1 && greatest_common_divisor(stride, count) != 1 {
        stride += 2;
    }
    let start = draw.of("start").below(count.max(1));
    let at = move |index: u64| u128::from(index) * u128::from(stride) + u128::from(start);
    (0..count).map(move |index| u64::try_from(at(index) % u128::from(count)).unwrap_or_default())
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
