//! Sends mail by SMTP, where an operator names a server for it.
//!
//! It owns how a message is put together and handed over; what it says is its caller's, and a
//! message that could not be sent is told to whoever asked for it, never dropped.

use anyhow::Context;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::time::Duration;

/// Longest that a server may take for each of its answers.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hands mail to a server, each in a connection of its own: links are asked for a few times a day.
#[derive(Debug, Clone)]
pub struct Mailer {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// Takes the server's address, such as `smtps://name:password@mail.example.com`, and who the
    /// mail is from, such as `feedgate <feeds@example.com>`. The address may hold a password, so no
    /// error repeats it.
    pub fn new(address: &str, from: &str) -> anyhow::Result<Self> {
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(address).map_err(|_| {
            anyhow::anyhow!("the mail server's address is not like smtps://name:password@host")
        })?;
        Ok(Self {
            server: server.timeout(Some(PATIENCE)).build(),
            from: from
                .parse()
                .with_context(|| format!("“{from}” is no address to send mail from"))?,
        })
    }

    /// Sends a plain text to somebody.
    pub async fn send(&self, name: &str, address: &str, subject: &str, text: String) -> anyhow::Result<()> {
        let address = address.parse().context("the address takes no mail")?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(name.to_owned()), address))
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text)?;
        self.server.send(message).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_none_is_told_without_the_password_in_it() {
        let error = Mailer::new("http://me:secret@mail.example", "a@b.example").expect_err("no mail");
        assert!(!format!("{error:#}").contains("secret"), "{error:#}");
        let error = Mailer::new("smtp://mail.example", "nobody").expect_err("no sender");
        assert!(format!("{error:#}").contains("nobody"), "{error:#}");
    }
}
