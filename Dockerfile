# The desk's own image: web, worker and beat run from it (docker-compose.yml). PostgreSQL and Valkey are services apart.
FROM python:3.11-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/venv
COPY requirements.lock /tmp/requirements.lock
RUN /opt/venv/bin/python -m pip install --require-hashes --no-deps -r /tmp/requirements.lock

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=helpdesk.settings \
    HELPDESK_DATA=/data \
    STATIC_DIR=/srv/static \
    BIND=0.0.0.0:8000
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin desk \
    && install -d -o desk -g desk -m 700 /data
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/desk
COPY . .
# The key and the addresses of this one command are placeholders: nothing is read from them and none of them stays.
RUN python -m compileall -q . \
    && SECRET_KEY=build-only DATABASE_URL=postgresql://none REDIS_URL=redis://none \
       python manage.py collectstatic --no-input --verbosity 0
USER desk
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=4 CMD ["python", "-m", "helpdesk.runtime.health"]
CMD ["gunicorn", "-c", "python:helpdesk.runtime.web", "helpdesk.wsgi:application"]
