//! Reads one Rust file into the facts that the rules look at: names, functions, tests.
//!
//! The only file that knows `syn`. Nothing is judged here. Code inside macro calls is seen as tokens only.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// What one file contains.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The whole file is test code: it lies under `tests/` or is a `tests.rs`.
    pub(super) is_test: bool,
    pub(super) functions: Vec<Function>,
    pub(super) names: Vec<Name>,
    pub(super) sleeps: Vec<usize>,
    pub(super) ignored_without_reason: Vec<usize>,
    /// First and last line of each `#[cfg(test)]` item, attribute included.
    pub(super) test_ranges: Vec<(usize, usize)>,
}

/// A function with a body.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) line: usize,
    /// Lines from `fn` to the closing brace, both included.
    pub(super) lines: usize,
    /// Carries `#[test]` or an attribute that ends in `test`.
    pub(super) is_test: bool,
    /// Lies inside `#[cfg(test)]`.
    pub(super) in_test: bool,
    /// The body is one `match` and nothing else: a table.
    pub(super) is_table: bool,
}

/// Something that has a name.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) line: usize,
    pub(super) kind: Kind,
    /// Visible outside of its module in any way.
    pub(super) is_public: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Type,
    Module,
    /// A function, constant, field or variant.
    Member,
}

/// Parses the file; an error carries the place in its span.
pub(super) fn inspect(path: &str, text: &str) -> syn::Result<Source> {
    let file = syn::parse_file(text)?;
    let is_test = path.contains("/tests/") || path.ends_with("/tests.rs");
    let source = Source { is_test, ..Source::default() };
    let mut reader = Reader { source, in_test: is_test };
    reader.visit_file(&file);
    Ok(reader.source)
}

struct Reader {
    source: Source,
    in_test: bool,
}

impl Reader {
    fn name(&mut self, ident: &syn::Ident, kind: Kind, visibility: &syn::Visibility) {
        let is_public = !matches!(visibility, syn::Visibility::Inherited);
        self.push_name(ident, kind, is_public);
    }

    fn push_name(&mut self, ident: &syn::Ident, kind: Kind, is_public: bool) {
        let line = ident.span().start().line;
        self.source.names.push(Name { text: ident.to_string(), line, kind, is_public });
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block, attributes: &[syn::Attribute]) {
        let line = signature.span().start().line;
        let is_table = matches!(block.stmts.as_slice(), [syn::Stmt::Expr(syn::Expr::Match(_), None)]);
        self.source.functions.push(Function {
            name: signature.ident.to_string(),
            line,
            lines: block.span().end().line + 1 - line,
            is_test: attributes.iter().any(is_test_attribute),
            in_test: self.in_test,
            is_table,
        });
        let bare_ignores = attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("ignore"))
            .filter(|attribute| matches!(attribute.meta, syn::Meta::Path(_)));
        self.source.ignored_without_reason.extend(bare_ignores.map(|ignore| ignore.span().start().line));
    }

    /// Visits an item with `in_test` set where the item is compiled for tests only.
    fn within(&mut self, attributes: &[syn::Attribute], span: Span, visit: impl FnOnce(&mut Self)) {
        let outer = self.in_test;
        if attributes.iter().any(is_cfg_test) {
            self.in_test = true;
            if !outer {
                self.source.test_ranges.push((span.start().line, span.end().line));
            }
        }
        self.in_test |= attributes.iter().any(is_test_attribute);
        visit(self);
        self.in_test = outer;
    }

    fn path_words(&mut self, words: &[String], line: usize) {
        let sleeps = words.windows(2).any(|pair| matches!(pair[0].as_str(), "thread" | "time") && pair[1] == "sleep");
        if self.in_test && sleeps {
            self.source.sleeps.push(line);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.name(&item.ident, Kind::Module, &item.vis);
        self.within(&item.attrs, item.span(), |reader| visit::visit_item_mod(reader, item));
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.within(&item.attrs, item.span(), |reader| visit::visit_item_impl(reader, item));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.name(&item.sig.ident, Kind::Member, &item.vis);
        self.within(&item.attrs, item.span(), |reader| {
            reader.function(&item.sig, &item.block, &item.attrs);
            visit::visit_item_fn(reader, item);
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.name(&item.sig.ident, Kind::Member, &item.vis);
        self.within(&item.attrs, item.span(), |reader| {
            reader.function(&item.sig, &item.block, &item.attrs);
            visit::visit_impl_item_fn(reader, item);
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block, &item.attrs);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.name(&item.ident, Kind::Type, &item.vis);
        visit::visit_item_struct(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.name(&item.ident, Kind::Type, &item.vis);
        visit::visit_item_trait(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.name(&item.ident, Kind::Type, &item.vis);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.name(&item.ident, Kind::Member, &item.vis);
        visit::visit_item_const(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.name(&item.ident, Kind::Type, &item.vis);
        for variant in &item.variants {
            self.name(&variant.ident, Kind::Member, &item.vis);
        }
        visit::visit_item_enum(self, item);
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if let Some(ident) = &field.ident {
            self.name(ident, Kind::Member, &field.vis);
        }
        visit::visit_field(self, field);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.path_words(&words, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut paths = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut paths);
        for words in paths {
            self.path_words(&words, item.span().start().line);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let mut words = Vec::new();
        path_words_of(call.tokens.clone(), &mut words);
        self.path_words(&words, call.span().start().line);
    }
}

/// The names in a macro's tokens; whatever is not part of a path leaves a gap, an empty word.
fn path_words_of(tokens: TokenStream, words: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => words.push(ident.to_string()),
            TokenTree::Punct(punct) if punct.as_char() == ':' => {}
            TokenTree::Punct(_) | TokenTree::Literal(_) => words.push(String::new()),
            TokenTree::Group(group) => {
                words.push(String::new());
                path_words_of(group.stream(), words);
                words.push(String::new());
            }
        }
    }
}

/// `a::{b, c as d}` as `[a, b]` and `[a, c]`.
fn flatten(tree: &syn::UseTree, prefix: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let mut leaf = |ident: &syn::Ident| {
        paths.push(prefix.iter().cloned().chain([ident.to_string()]).collect());
    };
    match tree {
        syn::UseTree::Name(name) => leaf(&name.ident),
        syn::UseTree::Rename(rename) => leaf(&rename.ident),
        syn::UseTree::Glob(_) => {}
        syn::UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, paths);
            prefix.pop();
        }
        syn::UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, paths);
            }
        }
    }
}

fn is_test_attribute(attribute: &syn::Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "test")
}

fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    let condition = list.tokens.to_string();
    let mut words = condition.split(|letter: char| !letter.is_alphanumeric());
    list.path.is_ident("cfg") && !condition.contains("not") && words.any(|word| word == "test")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "\
//! Example.
pub fn first(
    a: u8,
) -> u8 {
    match a { _ => 1 }
}
#[cfg(test)]
mod tests {
    use tokio::time::{self, sleep};
    #[tokio::test]
    async fn waits() {
        std::thread::sleep(SHORT);
    }
    #[test]
    #[ignore]
    fn never() {}
}
";

    #[test]
    fn functions_are_measured_from_fn_to_the_closing_brace() {
        let source = inspect("src/a.rs", EXAMPLE).unwrap();
        let first = &source.functions[0];
        assert_eq!((first.name.as_str(), first.line, first.lines), ("first", 2, 5));
        assert!(first.is_table && !first.in_test);
    }

    #[test]
    fn modules_for_tests_sleeps_and_bare_ignores_are_found() {
        let source = inspect("src/a.rs", EXAMPLE).unwrap();
        assert_eq!(source.test_ranges, [(7, 17)]);
        assert_eq!(source.sleeps, [9, 12]);
        assert_eq!(source.ignored_without_reason, [15]);
        assert!(source.functions[1].is_test && source.functions[1].in_test);
    }

    #[test]
    fn a_sleep_outside_of_tests_or_inside_a_macro_of_a_test_is_told_apart() {
        let code = "fn a() { std::thread::sleep(x) }\n#[test]\nfn b() { select!(_ = tokio::time::sleep(x) => f(\"time::sleep\")) }\n";
        assert_eq!(inspect("src/a.rs", code).unwrap().sleeps, [3]);
        assert_eq!(inspect("tests/a/tests/b.rs", code).unwrap().sleeps, [1, 3]);
    }

    #[test]
    fn code_for_everything_but_tests_is_not_test_code() {
        let source = inspect("src/a.rs", "#[cfg(not(test))]\nmod live {}\n").unwrap();
        assert!(source.test_ranges.is_empty());
    }
}
