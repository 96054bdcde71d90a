//! Links that set a password, by mail where a server for it is named.

use crate::support::app::App;
use axum::http::StatusCode;
use feedgate::domain::account::Role;
use feedgate::server::mail::Mailer;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A server that takes mail for everybody but those whose address has `nobody` in it, and hands
/// out the text of each, its lines joined again that were broken for the way.
async fn mail_server() -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("smtp://{}", listener.local_addr().expect("an address"));
    let (told, mail) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(take(connection, told.clone()));
        }
    });
    (address, mail)
}

async fn take(connection: TcpStream, told: mpsc::UnboundedSender<String>) {
    let (read, mut write) = connection.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut say = async |line: &str| write.write_all(format!("{line}\r\n").as_bytes()).await.is_ok();
    say("220 here").await;
    let mut text: Option<String> = None;
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(sent) = &mut text {
            if line == "." {
                let sent = text.take().unwrap_or_default();
                let _ = told.send(sent.replace("=\n", "").replace("=3D", "="));
                say("250 taken").await;
            } else {
                sent.push_str(&line);
                sent.push('\n');
            }
            continue;
        }
        let answer = match line.get(..4).unwrap_or_default() {
            "DATA" => {
                text = Some(String::new());
                "354 go on"
            }
            "RCPT" if line.contains("nobody") => "550 nobody of that name",
            "QUIT" => "221 good bye",
            _ => "250 well",
        };
        if !say(answer).await {
            return;
        }
    }
}

#[tokio::test]
async fn a_link_is_mailed_where_a_server_is_named_and_shown_where_that_fails() {
    let (server, mut mail) = mail_server().await;
    let app = App::start_with(|state| {
        let mailer = Mailer::new(&server, "feedgate <feeds@example.com>").expect("a mailer");
        state.mailer = Some(mailer);
        state.public_url = Some("https://feeds.example.com/".into());
    })
    .await;
    let admin = app.sign_in(Role::Admin, None).await;
    let invite = async |email: &str| {
        let wish = [
            ("email", email),
            ("name", "Zoë"),
            ("role", "staff"),
            ("partners", ""),
        ];
        admin.post("/access/invite", &wish).await
    };
    let answer = invite("zoe@example.com").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer.body.contains("A link is on its way to zoe@example.com")
            && !answer.body.contains("/password/"),
        "{}",
        answer.body
    );
    let text = mail.recv().await.expect("mail");
    for told in [
        "From: feedgate <feeds@example.com>",
        "zoe@example.com",
        "works once, until",
    ] {
        assert!(text.contains(told), "no “{told}” in {text}");
    }
    let link = text.split("https://feeds.example.com/password/").nth(1);
    let link = link
        .and_then(|rest| rest.split_whitespace().next())
        .expect("a link");
    let page = app.anonymous().get(&format!("/password/{link}")).await;
    assert!(page.body.contains("zoe@example.com"), "{}", page.body);

    let answer = invite("nobody@example.com").await;
    assert!(
        answer.body.contains("It could not be mailed") && answer.body.contains("nobody of that name"),
        "{}",
        answer.body
    );
    assert!(
        answer.body.contains("https://feeds.example.com/password/"),
        "{}",
        answer.body
    );
}
