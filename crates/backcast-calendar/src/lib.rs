//! Trading calendars: sessions, half days, breaks and hours.
