//! The secrets that have begun and whose end has not come yet.
//!
//! Several may be open at once, since they overlap; two of the same class that both reach the end of the text end
//! together, so one of each is remembered and memory stays constant.

use super::class::Class;
use super::pattern::Rest;

/// Longest private key that is swallowed; more would be lost output.
const PRIVATE_KEY_BYTES_MAX: usize = 64 * 1024;

/// Where the open secrets end, as far as it is known.
#[derive(Default)]
pub(super) struct Swallow {
    /// By class: from where to where it reaches in the current text.
    reach: [Option<(usize, usize)>; Class::COUNT],
    private_key: Option<PrivateKey>,
    /// Length of the text that the reaches refer to.
    length: usize,
}

/// A private key on its way out.
struct PrivateKey {
    /// How far it reaches into the current text.
    reach: usize,
    bytes_left: usize,
    /// The last eight bytes.
    recent: u64,
    /// Whether the last line has begun.
    ending: bool,
    ended: bool,
}

impl Swallow {
    /// Goes on in a new text, of which so many bytes were seen before; where the secrets end.
    pub(super) fn resume(&mut self, text: &[u8], covered: usize) -> usize {
        for (reach, class) in self.reach.iter_mut().zip(Class::ALL) {
            let open = reach.is_some_and(|(_, end)| end == self.length);
            *reach = open.then(|| (0, covered + class.run(&text[covered..])));
        }
        self.private_key = self.private_key.take().filter(|key| !key.ended);
        if let Some(key) = &mut self.private_key {
            key.advance(text, covered);
        }
        self.length = text.len();
        let classes = self.reach.iter().flatten().map(|&(_, end)| end);
        classes.chain(self.private_key.as_ref().map(|key| key.reach)).max().unwrap_or(0).max(covered)
    }

    /// Begins the rest of a secret at `from`; where it ends in this text.
    pub(super) fn begin(&mut self, text: &[u8], from: usize, rest: Rest) -> usize {
        match rest {
            Rest::Nothing => from,
            Rest::While(class) => {
                let reach = &mut self.reach[class as usize];
                if let Some((_, end)) = reach.filter(|&(start, end)| start <= from && from <= end) {
                    return end;
                }
                let end = from + class.run(&text[from..]);
                if reach.is_none_or(|(_, known)| known < end) {
                    *reach = Some((from, end));
                }
                end
            }
            Rest::PrivateKey => {
                let open = self.private_key.take().filter(|key| key.reach > from || !key.ended);
                let key = open.unwrap_or_else(|| PrivateKey::begin(text, from));
                self.private_key.insert(key).reach
            }
        }
    }
}

impl PrivateKey {
    fn begin(text: &[u8], from: usize) -> Self {
        let mut key = Self { reach: from, bytes_left: PRIVATE_KEY_BYTES_MAX, recent: 0, ending: false, ended: false };
        key.advance(text, from);
        key
    }

    fn advance(&mut self, text: &[u8], from: usize) {
        const LAST_LINE: u64 = u64::from_be_bytes(*b"-----END");
        const DASHES: u64 = u64::from_be_bytes(*b"\0\0\0-----");
        const FIVE_BYTES: u64 = (1 << 40) - 1;
        self.reach = text.len();
        for (index, &byte) in text.iter().enumerate().skip(from) {
            self.recent = self.recent << 8 | u64::from(byte);
            self.bytes_left -= 1;
            self.ended = self.bytes_left == 0 || (self.ending && self.recent & FIVE_BYTES == DASHES);
            if self.ended {
                self.reach = index + 1;
                return;
            }
            self.ending |= self.recent == LAST_LINE;
        }
    }
}
