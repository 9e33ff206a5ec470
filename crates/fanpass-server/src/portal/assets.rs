//! The style sheet, the script and the icon: in the program itself, under names that change with their content.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use sha2::{Digest as _, Sha256};

/// A name with the hash of its content is good for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// One file.
struct Asset {
    /// With the hash of its content.
    name: String,
    kind: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(stem: &str, extension: &str, kind: &'static str, content: &'static str) -> Self {
        let digest = Sha256::digest(content);
        let (start, _) = digest.split_at(8);
        let hash = Bytes::copy_from_slice(start);
        Self { name: format!("{stem}-{hash:x}.{extension}"), kind, content }
    }

    fn address(&self) -> String {
        format!("/portal/assets/{}", self.name)
    }
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("portal", "css", "text/css; charset=utf-8", include_str!("assets/portal.css"))
});
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("portal", "js", "text/javascript; charset=utf-8", include_str!("assets/portal.js"))
});
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("assets/icon.svg")));

/// Where pages find the files.
pub(super) struct Addresses {
    pub(super) style: String,
    pub(super) script: String,
    pub(super) icon: String,
}

impl Addresses {
    pub(super) fn now() -> Self {
        Self { style: STYLE.address(), script: SCRIPT.address(), icon: ICON.address() }
    }
}

pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let asset = [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.name == name);
    match asset {
        Some(asset) => {
            ([(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, FOR_EVER)], asset.content).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
