//! The demonstration: a small PrepChef that can be broken on purpose, watched by a real Allclear in the same process.

mod prepchef;
