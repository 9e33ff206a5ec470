//! Signing keys: the newest signs, older ones verify until they are retired.

use std::fs;
use std::path::Path;

use fanpass_server::store::{Clock, Ids, check, reset, snapshot as save};
use fanpass_server::{Config, Service, ServiceError, ServiceErrorKind};
use jsonwebtoken::decode_header;
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::harness::{Answer, Call, Harness, post};
use crate::snapshot;

fn list() -> Call {
    Call::new("GET", "/service/v1/segments")
}

async fn rotate(harness: &Harness) -> String {
    let answer = harness.call(post("/service/v1/keys")).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.json()["kid"].as_str().unwrap().to_owned()
}

async fn retire(harness: &Harness, kid: &str) -> Answer {
    harness.call(Call::new("DELETE", &format!("/service/v1/key?kid={kid}"))).await
}

#[tokio::test]
async fn a_new_key_signs_and_the_older_ones_verify_also_after_a_restart() {
    let harness = Harness::start().await;
    let old = harness.issue("old", &["read"]).await;
    let kid = rotate(&harness).await;
    let new = harness.issue("new", &["read"]).await;
    assert_eq!(decode_header(&old).unwrap().kid, None);
    assert_eq!(decode_header(&new).unwrap().kid, Some(kid.clone()));
    let harness = harness.restart().await;
    for token in [&old, &new, &harness.token] {
        assert_eq!(harness.call_as(token, list()).await.status, 200);
    }
    snapshot!("list_keys", harness.get("/service/v1/keys").await);
}

#[tokio::test]
async fn a_retired_key_takes_its_tokens_with_it_for_good() {
    let harness = Harness::start().await;
    let kid = rotate(&harness).await;
    let admin = harness.issue("admin", &["portal:admin", "read"]).await;
    let development = harness.token.clone();
    assert_eq!(harness.call_as(&development, list()).await.status, 200);
    let answer = harness.call_as(&admin, Call::new("DELETE", "/service/v1/key?kid=first")).await;
    assert_eq!((answer.status, &answer.json()["tokens"]), (200, &json!(1)));
    assert_eq!(harness.call_as(&development, list()).await.status, 401);
    assert!(!harness.folder.path().join("signing-key").exists());

    let harness = harness.restart().await;
    assert_ne!(harness.token, development, "the development token is renewed");
    assert_eq!(harness.call_as(&development, list()).await.status, 401);
    assert_eq!(harness.call_as(&admin, list()).await.status, 200);
    assert_eq!(retire(&harness, "first").await.status, 404);
    snapshot!("retire_signing_key", retire(&harness, &kid).await);
}

#[tokio::test]
async fn a_key_that_a_crash_kept_from_its_place_is_used_if_it_was_answered_for() {
    let harness = Harness::start().await;
    let kid = rotate(&harness).await;
    let token = harness.issue("new", &["read"]).await;
    let keys = harness.folder.path().join("signing-keys");
    let waiting = |kid: &str| keys.join(format!(".{kid}.waiting"));
    let harness = harness
        .restart_after(|_| {
            std::fs::rename(keys.join(format!("{kid}.hs256")), waiting(&kid)).unwrap();
            std::fs::copy(waiting(&kid), waiting("0197f3a0-5c00-7000-8000-999999999999")).unwrap();
        })
        .await;
    assert_eq!(harness.call_as(&token, list()).await.status, 200);
    let names: Vec<_> = std::fs::read_dir(&keys).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [format!("{kid}.hs256").as_str()], "the other one is gone");
}

#[tokio::test]
async fn a_key_whose_retirement_a_crash_cut_short_is_gone_if_it_was_recorded_and_in_use_if_not() {
    let harness = Harness::start().await;
    let kid = rotate(&harness).await;
    let token = harness.issue("new", &["read"]).await;
    rotate(&harness).await;
    let keys = harness.folder.path().join("signing-keys");
    let (place, aside) = (keys.join(format!("{kid}.hs256")), keys.join(format!(".{kid}.retiring")));
    let harness = harness.restart_after(|_| std::fs::rename(&place, &aside).unwrap()).await;
    assert_eq!(harness.call_as(&token, list()).await.status, 200, "it was not retired");
    let kept = std::fs::read(&place).unwrap();

    assert_eq!(retire(&harness, &kid).await.status, 200);
    let harness = harness.restart_after(|_| std::fs::write(&aside, &kept).unwrap()).await;
    assert_eq!(harness.call_as(&token, list()).await.status, 401, "it was retired");
    assert!(!place.exists() && !aside.exists());
}

#[tokio::test]
async fn a_retirement_is_answered_again_under_its_key() {
    let harness = Harness::start().await;
    rotate(&harness).await;
    let retire = || Call::new("DELETE", "/service/v1/key?kid=first").header("idempotency-key", "k");
    let admin = harness.issue("admin", &["portal:admin"]).await;
    let told = harness.call_as(&admin, retire()).await;
    assert_eq!(told.status, 200, "{told}");
    let harness = harness.restart().await;
    assert_eq!(harness.call_as(&admin, retire()).await.body, told.body);
}

#[tokio::test]
async fn a_token_of_a_retired_key_is_not_told_again() {
    let harness = Harness::start().await;
    let issue = || post("/service/v1/tokens").json(r#"{"subject":"nightly"}"#).header("idempotency-key", "k");
    let admin = async |harness: &Harness| harness.issue("admin", &["portal:admin"]).await;
    let first = admin(&harness).await;
    let told = harness.call_as(&first, issue()).await;
    rotate(&harness).await;
    let again = harness.call_as(&first, issue()).await;
    assert_eq!(again.body, told.body, "the key that signed it signs it again");
    let second = admin(&harness).await;
    harness.call_as(&second, Call::new("DELETE", "/service/v1/key?kid=first")).await;
    assert_eq!(harness.call_as(&second, issue()).await.status, 409);
}

async fn start(data: &Path) -> Result<(), ServiceError> {
    let config = Config { data: data.to_owned(), ..Config::default() };
    Service::open_with(config, Clock::system(), Ids::random()).await.map(drop)
}

/// Has the key in `file` told as another one than `data` knows, and puts the right one back.
async fn is_told(data: &Path, file: &str, other: &[u8]) {
    let path = data.join(file);
    let right = fs::read(&path).unwrap();
    fs::write(&path, other).unwrap();
    let error = start(data).await.unwrap_err();
    assert_eq!(error.kind(), ServiceErrorKind::Key);
    let said = format!("the signing key `{}`: it is not the key that service.db knows", path.display());
    assert!(error.to_string().contains(&said), "{error}");
    let check = check(data).unwrap();
    assert_eq!((check.findings[0].place.as_str(), check.damages), (file, 1), "{:?}", check.findings);
    let kept = TempDir::new().unwrap();
    let error = save(data, &kept.path().join("a.zip")).unwrap_err();
    assert!(error.to_string().contains(file), "{error}");
    fs::write(&path, right).unwrap();
}

#[tokio::test]
async fn another_key_in_the_place_of_one_is_told_and_not_used() {
    let harness = Harness::start().await;
    let kid = rotate(&harness).await;
    let folder = harness.into_folder().await;
    let (data, later) = (folder.path(), format!("signing-keys/{kid}.hs256"));
    let mut flipped = fs::read(data.join("signing-key")).unwrap();
    flipped[7] ^= 1;
    for file in ["signing-key", &later] {
        is_told(data, file, &[7; 32]).await;
    }
    is_told(data, "signing-key", &flipped).await;

    // As a version had it that knew nothing of keys.
    Connection::open(data.join("service.db")).unwrap().execute("DELETE FROM keys", []).unwrap();
    start(data).await.unwrap();
    is_told(data, &later, &flipped).await;
    reset(data, true).unwrap();
    is_told(data, &later, &flipped).await;
    start(data).await.unwrap();
}

#[tokio::test]
async fn a_key_may_be_deleted_and_is_then_no_more_known() {
    let harness = Harness::start().await;
    let first = harness.token.clone();
    let delete = |file: &'static str| move |data: &Path| fs::remove_file(data.join(file)).unwrap();
    let harness = harness.restart_after(delete("signing-key")).await.restart().await;
    assert_eq!(harness.call_as(&first, list()).await.status, 401);
    assert_eq!(harness.call(list()).await.status, 200);

    let kid = rotate(&harness).await;
    let later = harness.issue("later", &["read"]).await;
    let harness = harness.restart_after(delete("signing-key")).await;
    assert_eq!(harness.call_as(&later, list()).await.status, 200);
    let kept = harness.folder.path().join(format!("signing-keys/{kid}.hs256"));
    let harness = harness.restart_after(|_| fs::remove_file(kept).unwrap()).await.restart().await;
    assert_eq!(harness.call_as(&later, list()).await.status, 401);
    assert_eq!(check(harness.folder.path()).unwrap().damages, 0);
}

#[tokio::test]
async fn keys_are_for_administrators_and_their_files_for_their_owner() {
    let harness = Harness::start().await;
    let kid = rotate(&harness).await;
    let token = harness.issue("crm", &["read"]).await;
    for call in [Call::new("GET", "/service/v1/keys"), post("/service/v1/keys")] {
        assert_eq!(harness.call_as(&token, call).await.status, 403);
    }
    let file = harness.folder.path().join("signing-keys").join(format!("{kid}.hs256"));
    assert_eq!(std::fs::read(&file).unwrap().len(), 32);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(file.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
}

#[tokio::test]
async fn a_token_that_names_another_key_is_not_accepted() {
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};

    let harness = Harness::start().await;
    let key = std::fs::read(harness.folder.path().join("signing-key")).unwrap();
    let claims = json!({
        "iss": "fanpass", "aud": "fanpass-api", "sub": "forger", "iat": 1_785_553_200, "exp": 1_785_553_260,
        "jti": "0197f3a0-5c00-7000-8000-000000000001", "scope": "read",
    });
    let signed = |kid: Option<&str>| {
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims, &EncodingKey::from_secret(&key)).unwrap()
    };
    assert_eq!(harness.call_as(&signed(None), list()).await.status, 200);
    for kid in ["first", "../signing-key", ""] {
        assert_eq!(harness.call_as(&signed(Some(kid)), list()).await.status, 401, "{kid}");
    }
}
