//! Payouts against ledgers: a program of its own, memory-limited and crash-isolated, so that its engine is never linked into `allclear`. It holds nothing yet but its place.
