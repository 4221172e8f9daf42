use super::*;

fn user() -> ServerUser {
    ServerUser::choose(Path::new("/nonexistent")).expect("a user for the server")
}

#[test]
fn a_socket_lies_in_the_data_directory_while_its_path_fits() {
    let room = SOCKET_PATH_BYTES - "/socket/".len() - SOCKET.len();
    let fits = PathBuf::from(format!("/{}", "d".repeat(room - 1)));
    assert_eq!(socket_dir(&fits, &user()), fits.join("socket"));

    let long = PathBuf::from(format!("/{}", "d".repeat(room)));
    let short = socket_dir(&long, &user());
    assert!(!short.starts_with(&long) && short.as_os_str().len() < 40, "{short:?}");
    assert_eq!(short, socket_dir(&long, &user()));
    assert_ne!(short, socket_dir(&long.join("x"), &user()));
}

#[test]
fn a_socket_never_lies_under_a_name_the_setting_cannot_carry() {
    for odd in ["/a,b", "/a\"b", "/a\nb"] {
        assert!(!socket_dir(Path::new(odd), &user()).starts_with(odd), "{odd:?}");
    }
}

#[test]
fn a_large_log_is_put_aside() {
    let data = tempfile::tempdir().expect("a folder");
    let layout = Layout::prepare(data.path(), &user()).expect("a layout");
    let log = layout.open_log(&user()).expect("a file");
    log.set_len(LOG_BYTES + 1).expect("a file");
    assert_eq!(layout.open_log(&user()).expect("a log").metadata().expect("its size").len(), 0);
    assert!(layout.data.join("postgres.log.1").exists());
}

#[test]
fn a_link_in_the_place_of_a_file_is_not_followed() {
    let data = tempfile::tempdir().expect("a folder");
    let layout = Layout::prepare(data.path(), &user()).expect("a layout");
    let target = data.path().join("target");
    fs::write(&target, "untouched").expect("a file");
    std::os::unix::fs::symlink(&target, layout.data.join("cluster.lock")).expect("a file");
    assert!(matches!(layout.lock(&user()), Err(PostgresError::Io { doing: "open", .. })));
    assert_eq!(fs::read_to_string(&target).expect("a file"), "untouched");
}
