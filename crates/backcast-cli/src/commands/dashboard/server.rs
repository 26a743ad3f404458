//! The routes: one page, its look and its script, and the stream of events. Everything asks for the token.

use std::{
    convert::Infallible,
    io,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::stream;
use tokio::{
    sync::{oneshot, watch},
    time::{self, MissedTickBehavior},
};

use super::{
    feed::{Feed, News},
    token::Token,
};

/// Time between two looks, while a page is open.
const PERIOD: Duration = Duration::from_millis(250);
/// Time after which a page without news hears that the server is there.
const BEAT: Duration = Duration::from_secs(2);

/// Nothing but what this server sends itself; no other page may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const HEADERS: [(header::HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

const PAGE: &str = include_str!("page/dashboard.html");
const ICON: &str = include_str!("page/icon.svg");
const SCRIPT: &str = concat!(
    include_str!("page/format.js"),
    include_str!("page/chart.js"),
    include_str!("page/command.js"),
    include_str!("page/dashboard.js")
);

/// The look of the reports, and what the live page adds to it.
static LOOK: LazyLock<String> =
    LazyLock::new(|| format!("{}\n{}", backcast_report::STYLE, include_str!("page/dashboard.css")));

/// What the routes share.
struct Watch {
    token: Token,
    feed: Mutex<Feed>,
    news: watch::Sender<News>,
}

impl Watch {
    fn look(&self) {
        let news = self.feed.lock().unwrap_or_else(PoisonError::into_inner).look();
        self.news.send_if_modified(|old| {
            let changed = news.changes() != old.changes();
            *old = news;
            changed
        });
    }
}

/// Serves until `ended`.
pub(super) async fn serve(
    listener: std::net::TcpListener,
    token: Token,
    feed: Feed,
    ended: oneshot::Receiver<()>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let news = watch::Sender::new(News::default());
    let watch = Arc::new(Watch { token, feed: Mutex::new(feed), news });
    let server = axum::serve(listener, routes(Arc::clone(&watch)));
    // Open pages never end their streams, so nobody waits for them.
    tokio::select! {
        served = async { server.await } => served,
        () = look_while_watched(&watch) => Ok(()),
        _ = ended => Ok(()),
    }
}

/// Looks at the project four times a second while a page is open, and not at all while none is.
async fn look_while_watched(watch: &Watch) {
    let mut turns = time::interval(PERIOD);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        if watch.news.receiver_count() > 0 {
            watch.look();
        }
    }
}

fn routes(watch: Arc<Watch>) -> Router {
    let text = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind)], text) })
    };
    Router::new()
        .route("/{token}/", text("text/html; charset=utf-8", PAGE))
        .route("/{token}/dashboard.css", text("text/css; charset=utf-8", LOOK.as_str()))
        .route("/{token}/dashboard.js", text("text/javascript; charset=utf-8", SCRIPT))
        .route("/{token}/icon.svg", text("image/svg+xml", ICON))
        .route("/{token}/events", get(events))
        .fallback(|| async { (StatusCode::NOT_FOUND, "there is no such page\n") })
        .layer(middleware::from_fn_with_state(Arc::clone(&watch), guard))
        .with_state(watch)
}

/// Lets only those in who know the token, and who asked for this machine by its own name: a page from elsewhere whose
/// name was bent to this machine knows neither.
async fn guard(State(watch): State<Arc<Watch>>, request: Request, next: Next) -> Response {
    let given = request.uri().path().split('/').nth(1).unwrap_or_default();
    let refused = "the address must be the one that `backcast dashboard` printed, with its token\n";
    let mut response = match names_this_machine(request.headers()) && watch.token.is(given) {
        true => next.run(request).await,
        false => (StatusCode::FORBIDDEN, refused).into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether the `Host` is this machine's own name, on whatever port: a tunnel may have another one.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let name = host.to_str().unwrap_or_default();
    let name = match name.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => name,
    };
    ["127.0.0.1", "localhost", "[::1]"].contains(&name)
}

/// The stream of events: what there is, then what changes, and a beat where nothing does.
async fn events(State(watch): State<Arc<Watch>>) -> Response {
    let receiver = watch.news.subscribe();
    watch.look();
    let reader = EventReader { receiver, running: 0, project: 0 };
    let stream = stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok::<_, Infallible>(event), reader))
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(stream)).into_response()
}

/// One open page, and how much of the news it has.
struct EventReader {
    receiver: watch::Receiver<News>,
    running: u64,
    project: u64,
}

impl EventReader {
    /// Waits for news, but not too long. `None` once the server ends.
    async fn next(&mut self) -> Option<Bytes> {
        let mut text = self.news();
        if text.is_empty() {
            if let Ok(changed) = time::timeout(BEAT, self.receiver.changed()).await {
                changed.ok()?;
            }
            text = self.news();
        }
        write_event(&mut text, "beat", &unix_ms().to_string().into_bytes());
        Some(Bytes::from(text))
    }

    /// Events of what this page has not seen.
    fn news(&mut self) -> Vec<u8> {
        let news = self.receiver.borrow_and_update();
        let mut text = Vec::new();
        for (name, seen, document) in [
            ("project", &mut self.project, &news.project),
            ("running", &mut self.running, &news.running),
        ] {
            if *seen != document.changes {
                *seen = document.changes;
                write_event(&mut text, name, &document.json);
            }
        }
        text
    }
}

/// Source of the format: WHATWG HTML, "Server-sent events"; `data` has no line break.
fn write_event(text: &mut Vec<u8>, name: &str, data: &[u8]) {
    text.extend_from_slice(format!("event: {name}\ndata: ").as_bytes());
    text.extend_from_slice(data);
    text.extend_from_slice(b"\n\n");
}

/// Milliseconds since 1970 UTC: the page tells ages by the clock that wrote the times.
fn unix_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis())
}
