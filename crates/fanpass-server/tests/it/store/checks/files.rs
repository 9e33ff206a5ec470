//! Files that are damaged, missing, left over, or open to others.

use std::fs;

use fanpass_server::store::check;

use super::{folder, found, keep_private, sql};

#[tokio::test]
async fn damaged_missing_and_stray_files_are_named() {
    let (folder, import) = folder().await;
    let path = folder.path();
    let spooled = path.join("spool").join(&import);
    fs::write(&spooled, "user_id\nd\n").unwrap();
    assert_eq!(found(path), [format!("spool/{import}: it is not what was uploaded")]);
    fs::remove_file(&spooled).unwrap();
    assert_eq!(found(path), [format!("notice spool/{import}: it is gone and its import has no end")]);
    sql(path, "segments.db", "DELETE FROM imports WHERE completed_at IS NULL");
    fs::write(path.join("spool/stray"), "").unwrap();
    keep_private(&path.join("spool/stray"));
    fs::write(path.join("temporary/run"), "").unwrap();
    assert_eq!(
        found(path),
        ["notice temporary: 1 files are left over", "notice spool/stray: no import needs it any more"]
    );
    fs::remove_file(path.join("spool/stray")).unwrap();
    fs::remove_file(path.join("temporary/run")).unwrap();

    fs::remove_file(path.join("signing-key")).unwrap();
    assert_eq!(found(path), ["signing-key: it is missing, and without it no token works that was issued"]);
    fs::write(path.join("signing-key"), "short").unwrap();
    assert!(
        found(path).iter().any(|line| line == "signing-key: it has 5 bytes and not 32"),
        "{:?}",
        found(path)
    );
    fs::remove_file(path.join("service.db")).unwrap();
    assert!(found(path).iter().any(|line| line == "service.db: it is missing"), "{:?}", found(path));
}

#[cfg(unix)]
#[tokio::test]
async fn files_that_others_can_read_are_named() {
    use std::os::unix::fs::PermissionsExt as _;

    let (folder, import) = folder().await;
    let upload = format!("spool/{import}");
    let journal = folder.path().join("audit-9.journal");
    fs::write(&journal, "").unwrap();
    keep_private(&journal);
    for (name, mode, wanted) in [
        ("signing-key", 0o644, 0o600),
        ("lock", 0o604, 0o600),
        ("audit-9.journal", 0o644, 0o600),
        (&upload, 0o644, 0o600),
        ("spool", 0o755, 0o700),
        ("temporary", 0o711, 0o700),
        // The last: of its mode is what is made beside it.
        ("service.db", 0o640, 0o600),
    ] {
        let path = folder.path().join(name);
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        set(mode);
        let check = check(folder.path()).unwrap();
        let [finding] = check.findings.as_slice() else { panic!("{name}: {check:?}") };
        assert_eq!(finding.place, name);
        assert_eq!(finding.what, format!("its mode is {mode:o}: others than its owner can get at it"));
        assert_eq!(finding.next, format!("chmod {wanted:o} {}", path.display()));
        set(wanted);
    }
}
