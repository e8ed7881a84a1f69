//! The language server: one loop over messages, one text per open document, answers computed from the text alone.
//!
//! Invariants: an unknown request gets an error and a broken one too, and the loop goes on; positions are counted in the
//! encoding that the client asked for, UTF-16 unless it understands UTF-8.

mod answers;
mod text;

use std::collections::BTreeMap;

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidCloseTextDocument, DidOpenTextDocument, Notification as _, PublishDiagnostics,
};
use lsp_types::request::{CodeActionRequest, DocumentSymbolRequest, HoverRequest, Request as _};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, DidChangeTextDocumentParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, HoverProviderCapability, InitializeParams, OneOf,
    PositionEncodingKind, PublishDiagnosticsParams, ServerCapabilities, TextDocumentSyncCapability,
    TextDocumentSyncKind, Uri,
};
use serde::de::DeserializeOwned;

use crate::config::LintConfig;
use text::{Encoding, Text};

/// Serves one client until it says goodbye or hangs up.
pub(crate) fn serve(connection: Connection, config: &LintConfig) -> anyhow::Result<()> {
    let (id, params) = connection.initialize_start()?;
    let params: InitializeParams = serde_json::from_value(params)?;
    let encoding = encoding(&params);
    let server = serde_json::json!({ "name": "allclear", "version": env!("CARGO_PKG_VERSION") });
    let capabilities = capabilities(encoding);
    connection.initialize_finish(id, serde_json::json!({ "capabilities": capabilities, "serverInfo": server }))?;
    let mut session = Session { connection: &connection, config, encoding, documents: BTreeMap::new() };
    for message in &connection.receiver {
        match message {
            Message::Request(request) if connection.handle_shutdown(&request)? => break,
            Message::Request(request) => session.request(request)?,
            Message::Notification(notification) => session.notification(notification)?,
            Message::Response(_) => {}
        }
    }
    Ok(())
}

fn encoding(params: &InitializeParams) -> Encoding {
    let general = params.capabilities.general.as_ref();
    let offered = general.and_then(|general| general.position_encodings.as_ref());
    let utf8 = offered.is_some_and(|offered| offered.contains(&PositionEncodingKind::UTF8));
    if utf8 { Encoding::Utf8 } else { Encoding::Utf16 }
}

fn capabilities(encoding: Encoding) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(match encoding {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        }),
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::FULL)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        ..ServerCapabilities::default()
    }
}

/// One client and the documents that it has open.
struct Session<'c> {
    connection: &'c Connection,
    config: &'c LintConfig,
    encoding: Encoding,
    documents: BTreeMap<String, Text>,
}

impl Session<'_> {
    fn request(&mut self, request: Request) -> anyhow::Result<()> {
        let id = request.id.clone();
        let result = match request.method.as_str() {
            HoverRequest::METHOD => self.answer(request, |params: lsp_types::HoverParams| {
                let at = params.text_document_position_params;
                let catalogue = &self.config.catalogue;
                let answer = move |text: &Text| serde_json::to_value(text.hover(at.position, catalogue));
                (at.text_document.uri.clone(), answer)
            }),
            DocumentSymbolRequest::METHOD => self.answer(request, |params: lsp_types::DocumentSymbolParams| {
                (params.text_document.uri, |text: &Text| serde_json::to_value(text.outline()))
            }),
            CodeActionRequest::METHOD => self.answer(request, |params: lsp_types::CodeActionParams| {
                let uri = params.text_document.uri.clone();
                (params.text_document.uri, move |text: &Text| serde_json::to_value(text.actions(&uri, params.range)))
            }),
            method => Err((ErrorCode::MethodNotFound, format!("there is no method {method}"))),
        };
        let response = match result {
            Ok(value) => Response::new_ok(id, value),
            Err((code, message)) => Response::new_err(id, code as i32, message),
        };
        Ok(self.connection.sender.send(response.into())?)
    }

    /// Reads the parameters, finds the document, and lets it answer; `null` for a document that is not open.
    fn answer<P: DeserializeOwned, A>(
        &self,
        request: Request,
        read: impl FnOnce(P) -> (Uri, A),
    ) -> Result<serde_json::Value, (ErrorCode, String)>
    where
        A: FnOnce(&Text) -> serde_json::Result<serde_json::Value>,
    {
        let params = serde_json::from_value(request.params).map_err(|it| (ErrorCode::InvalidParams, it.to_string()))?;
        let (uri, answer) = read(params);
        let Some(text) = self.documents.get(uri.as_str()) else { return Ok(serde_json::Value::Null) };
        answer(text).map_err(|error| (ErrorCode::InternalError, error.to_string()))
    }

    fn notification(&mut self, notification: Notification) -> anyhow::Result<()> {
        let params = notification.params;
        // A notification has nobody to tell that it was wrong.
        match notification.method.as_str() {
            DidOpenTextDocument::METHOD => match serde_json::from_value::<DidOpenTextDocumentParams>(params) {
                Ok(opened) => {
                    self.set(opened.text_document.uri, opened.text_document.version, opened.text_document.text)
                }
                Err(_) => Ok(()),
            },
            DidChangeTextDocument::METHOD => match serde_json::from_value::<DidChangeTextDocumentParams>(params) {
                Ok(changed) => match changed.content_changes.into_iter().next_back() {
                    Some(change) => self.set(changed.text_document.uri, changed.text_document.version, change.text),
                    None => Ok(()),
                },
                Err(_) => Ok(()),
            },
            DidCloseTextDocument::METHOD => match serde_json::from_value::<DidCloseTextDocumentParams>(params) {
                Ok(closed) => {
                    self.documents.remove(closed.text_document.uri.as_str());
                    self.publish(closed.text_document.uri, None, Vec::new())
                }
                Err(_) => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Takes a new text and says what is wrong with it.
    fn set(&mut self, uri: Uri, version: i32, text: String) -> anyhow::Result<()> {
        let text = Text::new(uri.as_str(), text, self.encoding, self.config);
        let diagnostics = text.diagnostics();
        self.documents.insert(uri.as_str().to_owned(), text);
        self.publish(uri, Some(version), diagnostics)
    }

    fn publish(&self, uri: Uri, version: Option<i32>, diagnostics: Vec<lsp_types::Diagnostic>) -> anyhow::Result<()> {
        let params = PublishDiagnosticsParams { uri, version, diagnostics };
        let notification = Notification::new(PublishDiagnostics::METHOD.to_owned(), params);
        Ok(self.connection.sender.send(notification.into())?)
    }
}
