//! Texts in alphabetical order: which of them begin here, and which may begin at the end of what has come so far.

/// Different texts, none of them empty.
pub(super) struct Sorted {
    texts: Vec<Box<[u8]>>,
    /// For each text the longest other one that it begins with.
    within: Vec<Option<usize>>,
    longest: usize,
}

impl Sorted {
    pub(super) fn new(mut texts: Vec<Box<[u8]>>) -> Self {
        texts.sort();
        texts.dedup();
        let mut within: Vec<Option<usize>> = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            let mut before = index.checked_sub(1);
            while let Some(shorter) = before.filter(|shorter| !text.starts_with(&texts[*shorter])) {
                before = within[shorter];
            }
            within.push(before);
        }
        let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
        Self { texts, within, longest }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.texts.iter().map(AsRef::as_ref)
    }

    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// Lengths of all texts that stand at the beginning of `bytes`, the longest first.
    pub(super) fn lengths_at(&self, bytes: &[u8]) -> impl Iterator<Item = usize> {
        // Whatever `bytes` begins with stands before it in the order, and everything between begins with it as well.
        let last = self.texts.partition_point(|text| text.as_ref() <= bytes).checked_sub(1);
        let candidates = std::iter::successors(last, |index| self.within[*index]);
        candidates.map(|index| &self.texts[index]).filter(|text| bytes.starts_with(text)).map(|text| text.len())
    }

    /// Whether a text goes on after `bytes`.
    pub(super) fn continues(&self, bytes: &[u8]) -> bool {
        let next = self.texts.partition_point(|text| text.as_ref() <= bytes);
        self.texts.get(next).is_some_and(|text| text.starts_with(bytes))
    }
}
