package iamv1

import (
	"google.golang.org/protobuf/proto"

	"keydesk/models"
)

// mostPage bounds the rows of a page in bytes: clients of gRPC take no answer of more than four mebibytes, unless they are
// told to. A page that is cut short goes on where it was cut.
const mostPage = 3 << 20

// cut leaves as many rows of a page as fit one answer, one at least. wire are the rows as the clients read them.
func cut[R any, W proto.Message](page *models.Page[R], wire []W, at func(R) models.Cursor) []W {
	size := 0
	for i, w := range wire {
		if size += proto.Size(w); i > 0 && size > mostPage {
			page.More, page.Next = true, at(page.Rows[i-1])
			return wire[:i]
		}
	}
	return wire
}
