//! Secrets of every usual kind, made up, and the search for them in whatever a program has written.
//!
//! None of them stands in this file as it is: each is put together when it is needed, or scanners of source code would
//! take it for one that leaked.

/// A secret that must not be found anywhere.
#[derive(Debug, Clone)]
pub struct Canary {
    /// The environment variable that holds it.
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

impl Canary {
    /// A canary of one's own.
    pub fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into() }
    }

    /// What to search for: the value, each of its long lines, its encodings, and halves of what is long, since a file
    /// may keep the two in different places.
    pub fn needles(&self) -> Vec<String> {
        const HALF_BYTES_MIN: usize = 14;
        let value = self.value.as_str();
        let mut forms: Vec<String> = value.lines().map(str::to_owned).collect();
        forms.extend([json(value), percent(value), percent(value).to_lowercase(), hexadecimal(value)]);
        forms.extend([hexadecimal(value).to_uppercase(), value.replace('\'', r"'\''")]);
        forms.extend((0..3).map(|shift| certain_base64(value.as_bytes(), shift)));
        forms.extend((0..3).map(|shift| certain_base64(value.as_bytes(), shift).replace('+', "-").replace('/', "_")));
        // A title or a file's name is no secret, and the label of a key tells what was taken out.
        forms.retain(|form| form.len() >= 12 && !form.starts_with("-----"));
        let halves = forms.iter().filter(|form| form.len() >= 2 * HALF_BYTES_MIN).flat_map(|form| {
            let middle = (form.len() / 2..).find(|at| form.is_char_boundary(*at)).unwrap_or(form.len());
            [form[..middle].to_owned(), form[middle..].to_owned()]
        });
        let halves: Vec<String> = halves.filter(|half| is_telling(half)).collect();
        forms.extend(halves);
        forms.sort();
        forms.dedup();
        forms
    }
}

/// Whether half of a form can only come from it: not an address or a word that every secret of a kind begins with.
fn is_telling(half: &str) -> bool {
    !half.contains("://") && !half.starts_with("-----") && !half.contains(" KEY")
}

/// Twenty kinds of secrets.
pub fn canaries() -> Vec<Canary> {
    let word = |seed: u64, length: usize| generated(seed, length, LETTERS);
    let hex = |seed: u64, length: usize| generated(seed, length, &LETTERS[..6]).replace(['g', 'h'], "0");
    let jwt = |seed: u64, issuer: &str| {
        let part = |text: &str| base64(text.as_bytes(), false).replace('+', "-").replace('/', "_");
        let payload = format!("{{\"iss\":\"{issuer}\",\"sub\":\"{}\"}}", word(seed, 12));
        format!("{}.{}.{}", part("{\"alg\":\"RS256\",\"typ\":\"JWT\"}"), part(&payload), word(seed + 1, 43))
    };
    let body: Vec<String> = (0..6).map(|line| word(300 + line, 64)).collect();
    let label = |edge: &str| format!("-----{edge} RSA PRIVATE {}-----", "KEY");
    let basic = base64(format!("deploy:{}", word(15, 20)).as_bytes(), true);
    vec![
        Canary::new("STRIPE_LIVE", format!("sk_{}_{}", "live", word(1, 24))),
        Canary::new("STRIPE_RESTRICTED", format!("rk_{}_{}", "live", word(2, 24))),
        Canary::new("AWS_SECRET", word(3, 40)),
        Canary::new("GITHUB_CLASSIC", format!("gh{}_{}", 'p', word(4, 36))),
        Canary::new("GITHUB_FINE", format!("github_{}_{}_{}", "pat", word(5, 22), word(6, 59))),
        Canary::new("SLACK_BOT", format!("xo{}-{}-{}", "xb", "123456789012", word(7, 24))),
        Canary::new("SLACK_HOOK", format!("https://hooks.{}.com/services/T{}/B{}", "slack", word(8, 9), word(9, 24))),
        Canary::new("SESSION_JWT", jwt(10, "shop")),
        Canary::new("TLS_KEY", format!("{}\n{}\n{}", label("BEGIN"), body.join("\n"), label("END"))),
        Canary::new("GOOGLE_API", format!("AI{}{}", "za", word(12, 35))),
        Canary::new("SENDGRID", format!("SG.{}.{}", word(13, 22), word(14, 43))),
        Canary::new("TWILIO", format!("{}{}", "SK", hex(16, 32))),
        Canary::new("NPM", format!("npm_{}", word(17, 36))),
        Canary::new("PYPI", format!("pypi-{}{}", "AgEIcHlwaS5vcmc", word(18, 60))),
        Canary::new("POSTGRES", format!("postgres://shop:{}@127.0.0.1:1/shop", word(19, 20))),
        Canary::new("REDIS", format!("redis://:{}@127.0.0.1:1/0", word(20, 20))),
        Canary::new("BASIC_AUTH", format!("Authorization: Basic {basic}")),
        Canary::new("BEARER", format!("Bearer {}", word(21, 32))),
        Canary::new("GITLAB", format!("gl{}-{}", "pat", word(22, 20))),
        Canary::new("ADMIN_PASSWORD", word(23, 18)),
        Canary::new("SIGNING_SECRET", format!("wh{}_{}", "sec", word(24, 32))),
        Canary::new("SERVICE_ACCOUNT", jwt(25, "kubernetes/serviceaccount")),
        Canary::new(
            "AWKWARD",
            format!("{}'s \"{}\" \\ $& {}\nzweite Zeile ü漢 {}", word(26, 9), word(27, 9), word(28, 9), word(29, 12)),
        ),
    ]
}

const LETTERS: &[u8] = b"f1a9c4EGkm0npQr7sTv2wXyZ5BdHj8LuN3";

/// Text that looks random and is the same every time.
fn generated(seed: u64, length: usize, letters: &[u8]) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(letters[(state >> 33) as usize % letters.len()])
    };
    (0..length).map(|_| letter()).collect()
}

fn base64(bytes: &[u8], padded: bool) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
    if padded { STANDARD.encode(bytes) } else { STANDARD_NO_PAD.encode(bytes) }
}

/// What base64 makes of these bytes behind `shift` others, without the letters that depend on neighbours.
fn certain_base64(bytes: &[u8], shift: usize) -> String {
    let behind: Vec<u8> = std::iter::repeat_n(0, shift).chain(bytes.iter().copied()).collect();
    let encoded = base64(&behind, false);
    encoded[if shift == 0 { 0 } else { 4 }..encoded.len() - 1].to_owned()
}

fn json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn percent(value: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    value.bytes().map(one).collect()
}

fn hexadecimal(value: &str) -> String {
    value.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Everything that a program has written, piece by piece, each with a name that tells where it was.
#[derive(Debug, Default)]
pub struct Traces {
    pieces: Vec<(String, Vec<u8>)>,
}

impl Traces {
    /// Adds a piece.
    pub fn add(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.pieces.push((name.into(), bytes.into()));
    }

    /// Adds every file below the folder.
    ///
    /// # Panics
    /// A file cannot be read.
    pub fn add_folder(&mut self, folder: &std::path::Path) {
        for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.add_folder(&path);
            } else if path.is_file() {
                self.add(path.display().to_string(), std::fs::read(&path).expect("a file that can be read"));
            }
        }
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A sentence for each piece that holds a form of the canary, as it is or wrapped.
    pub fn leaks(&self, canary: &Canary) -> Vec<String> {
        let needles = canary.needles();
        let mut leaks = Vec::new();
        for (name, bytes) in &self.pieces {
            let text = String::from_utf8_lossy(bytes);
            let joined = text.replace(['\n', '\r'], "");
            let found = needles.iter().filter_map(|needle| {
                let at = text.find(needle.as_str()).map(|at| (&*text, at));
                at.or_else(|| joined.find(needle.as_str()).map(|at| (joined.as_str(), at))).map(|at| (needle, at))
            });
            leaks.extend(found.map(|(needle, (text, at))| {
                let before: String = text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
                format!("{} in {name}: …{before}»{needle}«", canary.name)
            }));
        }
        leaks
    }
}
