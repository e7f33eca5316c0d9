# Keydesk in a container: one static binary, no shell, no root.
#
#   docker build --build-arg VERSION=$(git describe --tags --always) -t keydesk .
#   docker run --rm -v keydesk-data:/var/lib/keydesk … keydesk
FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH VERSION=dev
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /image/usr/local/bin/keydesk ./cmd/keydesk
# What an empty image lacks: a user, certificates, a place for temporary files, and one for data that the user may write to.
RUN mkdir -p /image/etc/ssl/certs /image/tmp /image/var/lib/keydesk /image/usr/share/doc/keydesk \
 && echo 'keydesk:x:65532:65532:Keydesk:/var/lib/keydesk:/sbin/nologin' > /image/etc/passwd \
 && echo 'keydesk:x:65532:' > /image/etc/group \
 && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
 && cp LICENSE THIRD_PARTY.md /image/usr/share/doc/keydesk/ \
 && chown 65532:65532 /image/var/lib/keydesk && chmod 0700 /image/var/lib/keydesk && chmod 1777 /image/tmp

FROM scratch
COPY --from=build /image /
# The database, the pepper and the key that signs the audit log: lose the pepper, and no key works any more.
ENV KEYDESK_DATA_DIR=/var/lib/keydesk
VOLUME /var/lib/keydesk
USER 65532:65532
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["/usr/local/bin/keydesk", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/keydesk"]
CMD ["serve"]
