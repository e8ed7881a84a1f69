//! Redaction of whole texts and of the same texts cut at every place, which must come to the same.

use super::*;

fn clean(redactor: &Redactor, chunks: &[&[u8]]) -> String {
    let mut stream = redactor.stream();
    let mut out = Vec::new();
    for chunk in chunks {
        out.extend_from_slice(&stream.push(chunk));
    }
    out.extend_from_slice(&stream.finish());
    String::from_utf8(out).expect("the tests are made of text")
}

/// The text as a whole, cut in two at every place, and byte by byte.
fn check(redactor: &Redactor, text: &str, expected: &str) {
    assert_eq!(redactor.text(text), expected);
    let bytes = text.as_bytes();
    for cut in 0..=bytes.len() {
        assert_eq!(clean(redactor, &[&bytes[..cut], &bytes[cut..]]), expected, "cut at {cut}");
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(clean(redactor, &single), expected, "byte by byte");
}

fn nothing() -> Redactor {
    Redactor::new([])
}

#[test]
fn a_value_is_taken_out_in_every_form_it_is_printed_in() {
    let redactor = Redactor::new([("DB", "p\"ss w/rd&1?")]);
    check(&redactor, "a p\"ss w/rd&1? b", "a [redacted] b");
    check(&redactor, r#"{"k":"p\"ss w/rd&1?"}"#, r#"{"k":"[redacted]"}"#);
    check(&redactor, "k=p%22ss%20w%2Frd%261%3F&b", "k=[redacted]&b");
    check(&redactor, "k=p%22ss+w%2Frd%261%3F&b", "k=[redacted]&b");
    check(&redactor, "data: cCJzcyB3L3JkJjE/", "data: [redacted]");
}

#[test]
fn a_value_inside_longer_base64_is_taken_out_at_every_alignment() {
    use base64::Engine as _;
    let redactor = Redactor::new([("DB", "correct-horse-battery")]);
    for user in ["a", "ab", "abc", "abcd"] {
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:correct-horse-battery!"));
        let cleaned = redactor.text(&encoded);
        assert!(cleaned.contains("[redacted]"), "{encoded} became {cleaned}");
        assert!(cleaned.len() < 10 + 14, "{encoded} became {cleaned}");
    }
}

#[test]
fn short_values_are_ignored_with_a_reason() {
    let redactor = Redactor::new([("PIN", "1234"), ("DB", "123456")]);
    check(&redactor, "1234 123456", "1234 [redacted]");
    let [ignored] = redactor.ignored() else { panic!("one value is ignored") };
    assert_eq!(ignored.name, "PIN");
    assert_eq!(ignored.reason, "`PIN` is shorter than 6 characters, so it cannot be told from an ordinary word");
}

#[test]
fn of_two_values_the_longer_one_wins_and_overlapping_ones_both_go() {
    let redactor = Redactor::new([("A", "abcdef"), ("B", "abcdefgh"), ("C", "fghijklm")]);
    check(&redactor, "-abcdefgh-", "-[redacted]-");
    check(&redactor, "-abcdefg-", "-[redacted]g-");
    check(&redactor, "-abcdefghijklm-", "-[redacted]-");
    check(&redactor, "-abcdefabcdef-", "-[redacted]-");
}

#[test]
fn a_value_that_begins_a_pattern_is_still_found() {
    let redactor = Redactor::new([("A", "sk_liv")]);
    check(&redactor, "-sk_live_- -sk_live_abcdefghij-", "-[redacted]e_- -[redacted]-");
}

#[test]
fn a_value_of_several_lines_is_taken_out_line_by_line() {
    let redactor = Redactor::new([("KEY", "first line\nsecond line\nx\n")]);
    check(&redactor, "  second line\n  first line\n  x\n", "  [redacted]\n  [redacted]\n  x\n");
    check(&redactor, "  first line\n  second line\n  x\n", "  [redacted]\n");
    check(&redactor, "k: first line\\nsecond line\\nx", "k: [redacted]");
}

#[test]
fn a_long_value_is_taken_out_also_where_base64_breaks_its_lines() {
    use base64::Engine as _;
    let value = "0123456789abcdef".repeat(20);
    let redactor = Redactor::new([("KEY", value.as_str())]);
    check(&redactor, &format!("<{value}>"), "<[redacted]>");
    let encoded = base64::engine::general_purpose::STANDARD.encode(&value);
    let lines: Vec<&str> = (0..encoded.len()).step_by(76).map(|at| &encoded[at..encoded.len().min(at + 76)]).collect();
    assert_eq!(redactor.text(&lines.join("\n")).replace("[redacted]", "").trim(), "");
}

#[test]
fn a_value_is_found_across_colours() {
    let redactor = Redactor::new([("DB", "correct-horse")]);
    check(
        &redactor,
        "a \u{1b}[1;31mcorrect\u{1b}[0m-\u{1b}[Khorse\u{1b}[0m b",
        "a \u{1b}[1;31m[redacted]\u{1b}[0m\u{1b}[K\u{1b}[0m b",
    );
    let token = format!("gh\u{1b}[31mp_{}\u{1b}[m!", "a1B2".repeat(10));
    check(&redactor, &token, "[redacted]\u{1b}[31m\u{1b}[m!");
}

#[test]
fn a_long_word_of_a_value_is_found_by_itself() {
    let redactor = Redactor::new([("HEADER", "Authorization: Basic ZGVwbG95Omh1bnRlcjJodW50ZXI=")]);
    check(&redactor, "basic\n ZGVwbG95Omh1bnRlcjJodW50ZXI= is it", "basic\n [redacted] is it");
}

#[test]
fn a_long_value_is_found_across_line_breaks_and_a_short_one_is_not() {
    let redactor = Redactor::new([("DB", "correct-horse-battery"), ("PIN", "123456")]);
    check(&redactor, "<correct-ho\n    rse-battery>", "<[redacted]>");
    check(&redactor, "<correct-\r\nhorse-\r\nbattery>", "<[redacted]>");
    check(&redactor, "123\n456\n", "123\n456\n");
    // The end of a line never waits for the next one.
    check(&redactor, "<cor\nrect-horse-battery>", "<cor\n[redacted]>");
    let mut stream = redactor.stream();
    assert_eq!(&stream.push(b"it is clear\nand so it is, c\n")[..], b"it is clear\nand so it is, c\n");
    assert_eq!(&stream.push(b"orrect-horse-battery, orrect")[..], b"[redacted], orrect");
}

#[test]
fn known_keys_and_tokens_are_taken_out() {
    let redactor = nothing();
    let forty = "a1B2".repeat(10);
    for (text, expected) in [
        ("key sk_live_51Habcdefghij, next".to_owned(), "key [redacted], next"),
        ("whsec_abcdefghijkl+/=".to_owned(), "[redacted]"),
        ("id=AKIAABCDEFGHIJKLMNOP;".to_owned(), "id=[redacted];"),
        (format!("aws_secret_access_key = {forty}\n"), "aws_secret_access_key = [redacted]\n"),
        (format!("\"SecretAccessKey\": \"{forty}\","), "\"SecretAccessKey\": \"[redacted]\","),
        ("xoxb-123456789012-abcdef".to_owned(), "[redacted]"),
        ("https://hooks.slack.com/services/T000/B000/XXXX ok".to_owned(), "https://hooks.slack.com/[redacted] ok"),
        (format!("ghp_{forty}."), "[redacted]."),
        (format!("github_pat_{forty}"), "[redacted]"),
        ("-H 'Authorization: Bearer abc' -v".to_owned(), "-H 'Authorization: Bearer [redacted]' -v"),
        ("> authorization: Basic dXNlcg==\r\n".to_owned(), "> authorization: Basic [redacted]\r\n"),
        (format!("Bearer {forty}"), "Bearer [redacted]"),
        ("postgres://app:s3cr3t@db:5432/x".to_owned(), "postgres://app:[redacted]@db:5432/x"),
        ("redis://:s3cr3t@cache".to_owned(), "redis://:[redacted]@cache"),
        (format!("SG.{forty}.{forty}"), "[redacted]"),
        (format!("TWILIO_AUTH_TOKEN: \"{}\"", "0a1b2c3d".repeat(4)), "TWILIO_AUTH_TOKEN: \"[redacted]\""),
        (format!("//registry/:_authToken=npm_{forty}"), "//registry/:_authToken=[redacted]"),
        (format!("pypi-AgEIcHlwaS5vcmc{forty}"), "[redacted]"),
        (format!("glpat-{forty}"), "[redacted]"),
        (format!("AIza{forty}"), "[redacted]"),
        ("DB_PASSWORD='h1nter2-h1nter2' x".to_owned(), "DB_PASSWORD='[redacted]' x"),
        ("APP_TOKEN=a1b2c3d4e5\n".to_owned(), "APP_TOKEN=[redacted]\n"),
        ("t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl end".to_owned(), "t=[redacted] end"),
    ] {
        check(&redactor, &text, expected);
    }
}

#[test]
fn ordinary_text_is_left_alone() {
    let redactor = nothing();
    for text in [
        "set sk_live_NEW_KEY and whsec_SECRET",
        "see https://example.org:8080/a@b and http://localhost:3000",
        "Bearer token authentication is required",
        "AKIA is a prefix, MAKIAABCDEFGHIJKLMNOPQ is a word",
        "eyJhbGciOiJIUzI1NiJ9 is a header, eyJ.x is not",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "the Authorization header",
        "PASSWORD=$DB_PASSWORD2 SECRET=<secret-1> TOKEN=YOUR_TOKEN_HERE SORT_KEY=id",
        "TOKEN is a word, SG.x too, npm_config_cache is a variable",
        "\u{1b}[31mred\u{1b}[0m and \u{1b}]0;title\u{7} and \u{1b}x and \u{1b}[",
    ] {
        check(&redactor, text, text);
    }
}

#[test]
fn a_private_key_is_taken_out_whole() {
    let key = format!("-----BEGIN RSA PRIVATE KEY-----\n{}-----END RSA PRIVATE KEY-----", "MIIEow\n".repeat(30));
    check(&nothing(), &format!("a\n{key}\nb"), "a\n[redacted]\nb");
    let twice = format!("{key} {key}");
    check(&nothing(), &twice, "[redacted] [redacted]");
}

#[test]
fn a_private_key_without_an_end_loses_a_bounded_part_of_the_output() {
    let text = format!("-----BEGIN PRIVATE KEY-----\n{}the end", "x".repeat(100_000));
    let cleaned = nothing().text(&text);
    assert!(cleaned.starts_with("[redacted]x") && cleaned.ends_with("the end"));
}

#[test]
fn a_line_is_not_held_back_once_it_is_complete() {
    let redactor = Redactor::new([("DB", "correct-horse")]);
    let mut stream = redactor.stream();
    assert_eq!(&stream.push(b"step one\n")[..], b"step one\n");
    assert_eq!(&stream.push(b"waiting ...")[..], b"waiting ...");
    assert_eq!(&stream.push(b" corr")[..], b" ");
    assert_eq!(&stream.push(b"ect answer!")[..], b"correct answer!");
}

#[test]
fn memory_stays_small_however_long_a_secret_is() {
    let redactor = nothing();
    let mut stream = redactor.stream();
    let mut left = stream.push(b"Authorization: Bearer ").len();
    for _ in 0..1000 {
        left += stream.push(&[b'x'; 10_000]).len();
        assert!(stream.pending.capacity() < 100_000, "{} bytes are held", stream.pending.capacity());
    }
    assert!(left < 100, "{left} bytes left the stream");
}

#[test]
fn random_cuts_of_random_secrets_change_nothing() {
    const PARTS: [&str; 21] = [
        "abcdef",
        "abcdefghij",
        "efgh",
        "://u:",
        "@h ",
        "eyJhbGciOiJIUzI1NiJ9",
        ".eyJzdWIiOiIxMjM0In0.",
        "Bearer ",
        "Authorization: ",
        "-----BEGIN PRIVATE KEY",
        "-----END X-----",
        "sk_live_",
        "\n",
        "0123456789",
        "\u{1b}[0m",
        "\u{1b}",
        "[1",
        "\n  ",
        "uvwxyzuvwxyzuvwxyz",
        "uvw",
        "xyz",
    ];
    let redactor =
        Redactor::new([("A", "abcdef"), ("B", "abcdefghij"), ("C", "ghij01234"), ("D", "uvwxyzuvwxyzuvwxyz")]);
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("it is below a usize")
    };
    for round in 0..4000 {
        let text: String = (0..1 + random(20)).map(|_| PARTS[random(PARTS.len())]).collect();
        let whole = redactor.text(&text);
        let mut rest = text.as_bytes();
        let mut chunks = Vec::new();
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at((1 + random(20)).min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        assert_eq!(clean(&redactor, &chunks), whole, "round {round}: {text:?}");
    }
}

#[test]
fn a_secret_is_found_at_every_place_however_long_it_is() {
    for length in (6..48).chain([127, 128, 129, 300]) {
        let secret: String = (0..length).map(|index| char::from(b'a' + (index * index * 7 % 26) as u8)).collect();
        let redactor = Redactor::new([("A", secret.as_str())]);
        for place in 0..40 {
            let before = "-".repeat(place);
            assert_eq!(redactor.text(&format!("{before}{secret} end")), format!("{before}[redacted] end"), "{length}");
        }
    }
}
